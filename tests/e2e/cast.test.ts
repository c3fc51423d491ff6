import { randomUUID } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import sharp from 'sharp';
import { expect, inject, onTestFinished, test } from 'vitest';
import { deleteRun } from '../../src/bots/actions/remove.ts';
import { commands, perform, submitForm } from '../../src/bots/commands/all.ts';
import { cast } from '../../src/bots/commands/cast.ts';
import type { Answer, CommandRequest } from '../../src/bots/commands/request.ts';
import { startRun } from '../../src/bots/commands/startRun.ts';
import { listCast } from '../../src/db/cast.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { mediaOfRemovedCast, purgeWorkspace } from '../../src/db/purge.ts';
import { loadRun } from '../../src/db/runs.ts';
import { castEntries, proposals } from '../../src/db/schema.ts';
import { Secret } from '../../src/db/secret.ts';
import { saveSettings, workspaceSettings } from '../../src/db/workspaces.ts';
import { maxCastEntries, runId } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import { addCast } from '../../src/pipeline/castEntries.ts';
import type { Call, EnhanceRequest, ImageRequest } from '../../src/pipeline/providers/provider.ts';
import { createProviders, fixedSource, type Providers } from '../../src/pipeline/providers/registry.ts';
import { sweepCast, sweepStrays } from '../../src/pipeline/sweep.ts';
import type { Program } from '../../src/program.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { picture } from '../support/mediaSamples.ts';
import { createInstallation, delivered, submitted, until } from '../support/program.ts';
import { startS3 } from '../support/s3/server.ts';
import { createVendor } from '../support/studio.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const signal = new AbortController().signal;
const log = createLog('silent', false);

/** The stand-in vendor, and what it was asked to look at. */
function watchedVendor(journal: string): { providers: Providers; words: EnhanceRequest[]; images: ImageRequest[] } {
  const vendor = createVendor({ journal, ...inject('vendorMedia') });
  const [words, images]: [EnhanceRequest[], ImageRequest[]] = [[], []];
  const enhance = vendor.find('enhance', 'vendor', 'vendor-words');
  const image = vendor.find('image', 'vendor', 'vendor-image');
  const video = vendor.find('video', 'vendor', 'vendor-video');
  if (!enhance || !image || !video) throw new Error('the stand-in vendor has other models');
  const providers = createProviders(
    [
      fixedSource([
        {
          ...enhance,
          submit: async (request: EnhanceRequest, call: Call) => {
            words.push(request);
            return await enhance.submit(request, call);
          },
        },
        {
          ...image,
          submit: async (request: ImageRequest, call: Call) => {
            images.push(request);
            return await image.submit(request, call);
          },
        },
        video,
      ]),
    ],
    [],
    new Set(),
  );
  return { providers, words, images };
}

async function opened({ worker = false, s3 = false } = {}) {
  const installation = await createInstallation(await createTestDatabase());
  const { home, database, journal } = installation;
  const server = s3 ? await startS3(await temporaryDirectory()) : null;
  if (server) onTestFinished(server.close);
  const { readConfig } = await import('../../src/config.ts');
  const config = server ? { s3: readConfig(server.environment).s3 } : {};
  const vendor = watchedVendor(journal);
  const program = await installation.open({ worker, config, providers: vendor.providers });
  await program.services.store.prepare();
  const workspace = await createWorkspace(database, 1_000);
  const folder = await temporaryDirectory();
  const request: CommandRequest = {
    services: program.services,
    workspace,
    member: { id: 'ada', name: 'Ada', isAdmin: false },
    requestKey: randomUUID(),
    conversation: {},
    locale: 'en',
    signal,
    openImage: async (name) => join(folder, name),
  };
  await picture(64, 36)
    .withMetadata({ exif: { IFD0: { Copyright: 'at home' } } })
    .jpeg()
    .toFile(join(folder, 'one.jpg'));
  await picture(36, 64).png().toFile(join(folder, 'two.png'));
  await writeFile(join(folder, 'words.png'), 'no image at all');
  const whole = await picture(300, 300).png().toBuffer();
  await writeFile(join(folder, 'half.png'), whole.subarray(0, whole.length / 2));
  const frames = sharp([await picture(8, 8).png().toBuffer(), await picture(8, 8).negate().png().toBuffer()], {
    join: { animated: true },
  });
  await frames.webp().toFile(join(folder, 'moving.webp'));
  return { home, database, program, workspace, request, vendor, db: program.services.db };
}

const fox = {
  name: 'fox',
  images: 'one.jpg\ntwo.png',
  description: 'red, with one white ear',
  kind: 'character',
  mayUse: 'yes',
};

/** Sends the form anew, as another command. */
const send = (request: CommandRequest, values: Readonly<Record<string, string>>) =>
  submitForm({ ...request, requestKey: randomUUID() }, cast, values);

const titleOf = (answer: Answer) => (answer.kind === 'card' ? answer.card.title : JSON.stringify(answer));
const storedIn = async (home: string) =>
  (await readdir(join(home, 'media'), { recursive: true, withFileTypes: true })).filter((one) => one.isFile());

test('a member adds somebody with a form, sees them, names them, and takes them out again', async () => {
  const { home, program, request, workspace, db } = await opened();
  const asked = await perform(request, cast, { action: 'add', name: '@Fox' });
  if (asked.kind !== 'form') throw new Error('no form');
  const [{ fields } = { fields: [] }] = asked.form.pages;
  expect(fields.map(({ kind, name }) => `${name} ${kind}`)).toEqual([
    'name text',
    'images images',
    'description text',
    'kind choice',
    'mayUse ticks',
  ]);
  expect(fields[0]).toMatchObject({ value: 'fox' });

  const added = await submitForm(request, cast, fox);
  expect(added).toMatchObject({
    kind: 'card',
    card: { title: '@fox is in the cast', media: [{ step: 1 }, { step: 2 }] },
  });
  const [entry] = await listCast(db, workspace.id);
  expect(entry).toMatchObject({ name: 'fox', kind: 'character', addedBy: 'ada', addedByName: 'Ada' });
  expect(entry?.images.map(({ mime, width, height }) => `${mime} ${width}×${height}`)).toEqual([
    'image/jpeg 64×36',
    'image/png 36×64',
  ]);
  for (const image of entry?.images ?? []) {
    const stored = await program.services.store.read(image.objectKey);
    expect(stored).toHaveLength(image.bytes);
    expect((await sharp(stored).metadata()).exif).toBeUndefined();
    expect(image.objectKey).toMatch(new RegExp(`^cast/${entry?.id}/`));
  }

  // The same form once more, and two deliveries of another one at once.
  expect(titleOf(await submitForm(request, cast, fox))).toBe('It was added already');
  const owl = { ...fox, name: 'Owl', images: 'two.png' };
  const twice = { ...request, requestKey: randomUUID() };
  await Promise.all([submitForm(twice, cast, owl), submitForm(twice, cast, owl)]);
  expect((await listCast(db, workspace.id)).map(({ name }) => name)).toEqual(['fox', 'owl']);
  expect(await storedIn(home)).toHaveLength(3);

  expect(await perform(request, cast, {})).toMatchObject({
    card: { blocks: [{ entries: [{ label: '@fox' }, { label: '@owl' }] }] },
  });
  expect(await perform(request, cast, { action: 'show', name: '@FOX' })).toMatchObject({ card: { media: [{}, {}] } });
  expect(await perform(request, cast, { action: 'show', name: 'fux' })).toMatchObject({
    refusal: { why: { outcome: 'no_entry', nearest: 'fox' } },
  });
  const bob = { ...request, member: { id: 'bob', name: 'Bob', isAdmin: false } };
  expect(await perform(bob, cast, { action: 'remove', name: 'fox' })).toMatchObject({
    refusal: { why: { outcome: 'not_yours' } },
  });
  const admin = { ...bob, member: { ...bob.member, isAdmin: true } };
  expect(titleOf(await perform(admin, cast, { action: 'remove', name: 'fox' }))).toContain('removed');
  expect(titleOf(await perform(request, cast, { action: 'remove', name: 'owl' }))).toContain('removed');
  expect(await listCast(db, workspace.id)).toEqual([]);
  // A late delivery of the first form does not bring it back.
  expect(titleOf(await submitForm(request, cast, fox))).toBe('It was added already');
  expect(await listCast(db, workspace.id)).toEqual([]);
});

test('what cannot be in the cast is refused, says which picture is at fault, and leaves nothing behind', async () => {
  const { home, request, workspace, db } = await opened();
  const cases = [
    [{ name: 'a b' }, { faults: { name: expect.stringContaining('cannot be a name') } }],
    [{ name: 'x'.repeat(31) }, { faults: { name: expect.stringContaining('30') } }],
    [{ mayUse: '' }, { faults: { mayUse: expect.stringContaining('May you use') } }],
    [{ images: '' }, { faults: { images: expect.stringContaining('needs a picture') } }],
    [{ images: 'one.jpg\n'.repeat(5) }, { faults: { images: expect.stringContaining('5 pictures') } }],
    [{ description: 'x'.repeat(501) }, { faults: { description: expect.stringContaining('501') } }],
    [{ images: 'one.jpg\nwords.png' }, { faults: { images: expect.stringMatching(/^Picture 2 .*no PNG/) } }],
    [{ images: 'one.jpg\ntwo.png\nhalf.png' }, { faults: { images: expect.stringMatching(/^Picture 3 .*damaged/) } }],
    [{ images: 'moving.webp' }, { faults: { images: expect.stringMatching(/^Picture 1 .*animation/) } }],
    [{ images: 'two.png\nnowhere.png' }, { faults: { images: expect.stringMatching(/^Picture 2 .*nowhere.png/) } }],
  ] as const;
  for (const [change, expected] of cases) expect(await send(request, { ...fox, ...change })).toMatchObject(expected);
  await send(request, fox);
  expect(await send(request, { ...fox, name: 'FOX' })).toMatchObject({
    faults: { name: expect.stringContaining('already') },
  });

  // Blocked words count in the name and in the description.
  await saveSettings(db, workspace.id, workspaceSettings.parse({ blockedWords: ['white ear', 'owl'] }));
  for (const change of [{ name: 'red' }, { name: 'big-owl', description: '' }]) {
    expect(await send(request, { ...fox, ...change })).toMatchObject({
      faults: { description: expect.stringContaining('blocked') },
    });
  }
  await saveSettings(db, workspace.id, workspaceSettings.parse({ castBy: 'admins' }));
  const refused = { refusal: { reason: 'admins_only' } };
  expect(await perform(request, cast, { action: 'add', name: 'hen' })).toMatchObject(refused);
  expect(await send(request, { ...fox, name: 'hen' })).toMatchObject(refused);
  const admin = { ...request, member: { ...request.member, isAdmin: true } };
  expect(titleOf(await send(admin, { ...fox, name: 'hen' }))).toContain('@hen');

  expect(await listCast(db, workspace.id)).toHaveLength(2);
  expect(await storedIn(home)).toHaveLength(4);
  expect(await readdir(join(home, 'tmp'))).toEqual([]);
});

test('words and each picture are moderated before anything is stored', async () => {
  const { home, request } = await opened();
  const { moderation } = request.services;
  let looks = 0;
  const strict: CommandRequest = {
    ...request,
    services: {
      ...request.services,
      moderation: {
        keys: { ...moderation.keys, forModeration: async () => new Secret('sk-moderation') },
        whenDown: 'refuse',
        moderate: async ({ text, images = [] }) => {
          looks += 1;
          if (text?.includes('gun')) return { outcome: 'flagged', categories: ['violence'] };
          // The second picture is the upright one.
          const sizes = await Promise.all(images.map(({ bytes }) => sharp(bytes).metadata()));
          return sizes.some(({ width, height }) => height > width)
            ? { outcome: 'flagged', categories: ['sexual'] }
            : { outcome: 'clean' };
        },
      },
    },
  };
  expect(await send(strict, { ...fox, description: 'with a gun' })).toMatchObject({
    faults: { description: expect.stringContaining('violence') },
  });
  expect(looks).toBe(1);
  expect(await send(strict, fox)).toMatchObject({ faults: { images: expect.stringMatching(/^Picture 2 .*sexual/) } });
  expect(looks).toBe(4);
  expect(titleOf(await send(strict, { ...fox, images: 'one.jpg' }))).toContain('@fox');
  expect(await storedIn(home)).toHaveLength(1);
});

test('a workspace never has more entries than it may, nor two of one name, however many are added at once', async () => {
  const { home, request, workspace, db } = await opened();
  await db.execute(sql`
    INSERT INTO cast_entries (workspace_id, name, kind, description, images, added_by, added_by_name)
    SELECT ${workspace.id}, 'extra-' || n, 'style', '', '[]', 'ada', 'Ada' FROM generate_series(1, ${maxCastEntries - 3}::int) n`);
  const same = await Promise.all(Array.from({ length: 3 }, () => send(request, { ...fox, images: 'two.png' })));
  expect(same.map(titleOf).filter((title) => title === '@fox is in the cast')).toHaveLength(1);
  const many = ['a', 'b', 'c', 'd', 'e'].map((name) => send(request, { ...fox, name, images: 'two.png' }));
  const outcomes = await Promise.all(many);
  expect(outcomes.filter(({ kind }) => kind === 'card')).toHaveLength(2);
  const full = { reason: 'cast', why: { outcome: 'full', max: maxCastEntries } };
  expect(outcomes.filter(({ kind }) => kind === 'refusal')).toEqual(Array(3).fill({ kind: 'refusal', refusal: full }));
  expect(await listCast(db, workspace.id)).toHaveLength(maxCastEntries);
  expect(await perform(request, cast, { action: 'add', name: 'z' })).toMatchObject({ refusal: full });
  // A refused image is not kept.
  expect(await storedIn(home)).toHaveLength(3);
});

const dayMs = 24 * 60 * 60_000;

test.for(['files', 's3'] as const)(
  'pictures of an entry that was never written are erased from %s: at once, or after a day if nobody could know',
  async (kind) => {
    const { program, request, workspace, db } = await opened({ s3: kind === 's3' });
    const { store } = program.services;
    const wish = {
      workspace,
      member: request.member,
      requestKey: 'k',
      name: 'fox',
      kind: 'character',
      description: '',
      images: ['one.jpg', 'two.png'],
      openImage: request.openImage,
      mayUse: true,
      signal,
    } as const;
    const put: string[] = [];
    const noted = {
      ...store,
      put: async (...given: Parameters<typeof store.put>) => {
        put.push(given[0]);
        await store.put(...given);
      },
    };
    /** The same database, but its transactions end like this. */
    const failing = (error: Error) =>
      new Proxy(db, {
        get: (target, name) => (name === 'transaction' ? () => Promise.reject(error) : Reflect.get(target, name)),
      });
    const broken = { ...program.services, store: noted, db: failing(new Error('a fault')) };
    await expect(addCast(broken, wish)).rejects.toThrow('a fault');
    expect(put).toHaveLength(2);
    for (const key of put) expect(await store.size(key)).toBeNull();

    // The connection breaks, or the process is killed, between the store and the row.
    put.length = 0;
    const cut = { ...broken, db: failing(Object.assign(new Error('cut'), { code: 'CONNECTION_CLOSED' })) };
    await expect(addCast(cut, wish)).rejects.toThrow('cut');
    for (const key of put) expect(await store.size(key)).not.toBeNull();
    // The form is delivered again, and the entry has pictures of its own.
    expect(await addCast(program.services, wish)).toMatchObject({ outcome: 'added' });
    const stray = { db, store, now: () => new Date(Date.now() + 1.1 * dayMs) };
    expect(await sweepStrays({ ...stray, now: () => new Date() }, signal)).toBe(0);
    expect(await sweepStrays(stray, signal)).toBe(2);
    for (const key of put) expect(await store.size(key)).toBeNull();
    const [entry] = await listCast(db, workspace.id);
    for (const { objectKey } of entry?.images ?? []) expect(await store.size(objectKey)).not.toBeNull();
  },
);

const swept = ({ services: { db, store } }: Program, over: Partial<Program['services']['store']> = {}) =>
  sweepCast({ db, store: { ...store, ...over }, log }, signal);

const later = (db: Program['services']['db'], by: string) =>
  db.execute(sql`UPDATE cast_entries SET removed_at = removed_at - ${by}::interval WHERE removed_at IS NOT NULL`);

test('pictures of a removed entry stay while a run uses them, and are then erased once, by one of many sweepers', async () => {
  const { home, program, request, workspace, db } = await opened();
  await send(request, fox);
  await send(request, { ...fox, name: 'owl', images: 'two.png' });
  const id = await submitted(program, { workspace, workflow: 'image', prompt: 'for @owl' });
  for (const name of ['fox', 'owl']) await perform(request, cast, { action: 'remove', name });
  // A command that was given before the removal may still be on its way.
  expect(await swept(program)).toBe(0);
  await later(db, '11 minutes');
  const broken = { remove: () => Promise.reject(new Error('killed')) };
  expect(await swept(program, broken)).toBe(0);
  expect(await swept(program)).toBe(0);
  expect(await storedIn(home)).toHaveLength(3);
  await later(db, '61 minutes');
  const erased = await Promise.all(Array.from({ length: 4 }, () => swept(program)));
  expect(erased.reduce((sum, one) => sum + one)).toBe(2);
  expect((await storedIn(home)).length).toBe(1);
  await db.execute(
    sql`UPDATE runs SET state = 'canceled', settled_at = now(), captured_credits = 0, released_credits = price_credits WHERE id = ${id}`,
  );
  expect(await swept(program)).toBe(1);
  expect(await storedIn(home)).toEqual([]);
  expect((await db.select().from(castEntries)).every(({ erasedAt }) => erasedAt !== null)).toBe(true);
});

test('a purge scrubs the cast and deletes what was proposed, and so does deleting a run with its own', async () => {
  const { program, request, workspace, db, home } = await opened({ worker: true });
  await send(request, fox);
  const id = await submitted(program, { workspace, workflow: 'image', prompt: '@fox' });
  await delivered(program, id);
  const other = await submitted(program, { workspace, workflow: 'image', prompt: 'a hen' });
  for (const run of [id, other]) {
    const proposed = { workspaceId: workspace.id, runId: run, step: 2, memberId: 'ada', words: 'secret' };
    await db.insert(proposals).values({ ...proposed, id: randomUUID(), change: 'picture' });
  }
  expect((await deleteRun(request, await delivered(program, other))).kind).toBe('deleted');
  expect(await db.select({ runId: proposals.runId }).from(proposals)).toEqual([{ runId: id }]);
  expect(await purgeWorkspace(db, workspace.id)).toMatchObject({ outcome: 'purged' });
  expect(await db.select().from(proposals)).toEqual([]);
  const left = JSON.stringify([await db.select().from(castEntries), (await loadRun(db, id))?.run]);
  for (const secret of ['fox', 'white ear', 'ada', 'Ada', 'secret']) expect(left).not.toContain(secret);
  for (const key of await mediaOfRemovedCast(db, workspace.id)) await program.services.store.remove(key);
  expect((await storedIn(home)).filter(({ parentPath }) => parentPath.includes('cast'))).toEqual([]);
  expect(await listCast(db, workspace.id)).toEqual([]);
});

test('a prompt is refused before anything is held if it names nobody, somebody of another workspace, or too many', async () => {
  const { request, program, database, workspace, db, vendor } = await opened();
  await send(request, fox);
  const asked = { workflow: 'image', options: {}, image: null } as const;
  expect(await startRun(request, { ...asked, prompt: 'a @fxo' })).toMatchObject({
    refusal: { reason: 'not_in_cast', name: 'fxo', nearest: 'fox' },
  });
  const other = await createWorkspace(database, 1_000, 'terminal:other');
  expect(await startRun({ ...request, workspace: other }, { ...asked, prompt: 'a @fox' })).toMatchObject({
    refusal: { reason: 'not_in_cast', nearest: null },
  });
  // The stand-in's image model looks at two pictures, which is what @fox has.
  await send(request, { ...fox, name: 'owl', images: 'one.jpg' });
  expect(await startRun(request, { ...asked, prompt: '@fox and @owl' })).toMatchObject({
    refusal: { reason: 'too_many_references', needed: 3, max: 2, model: 'vendor-image' },
  });
  const film = await startRun(request, { ...asked, workflow: 'video', prompt: 'closer to @fox', image: 'one.jpg' });
  expect(film).toEqual({ kind: 'refusal', refusal: { reason: 'no_cast_in_video' } });
  expect(vendor.images).toEqual([]);
  expect(
    await db.execute(sql`SELECT count(*)::int AS runs, sum(held)::int AS held FROM runs, credit_accounts`),
  ).toMatchObject([{ runs: 0 }]);
  for (const workflow of ['complete', 'story', 'edit'] as const) {
    const needs = workflow === 'edit' ? 'one.jpg' : null;
    const prompt = `of @owl ${workflow}`;
    const started = await startRun(
      { ...request, requestKey: randomUUID() },
      { ...asked, workflow, prompt, image: needs },
    );
    const id = runId.parse(started.kind === 'run' ? started.runId : started);
    expect((await loadRun(program.services.db, id))?.run.cast).toMatchObject([{ name: 'owl' }]);
  }
  expect(workspace.id).toBe('terminal:test');
});

test('a story with somebody of the cast carries their picture to every image, and their description to every prompt', async () => {
  const { program, request, workspace, vendor, database } = await opened({ worker: true });
  await send(request, { ...fox, images: 'two.png' });
  const options = { scenes: 3, duration: 15, audio: false };
  const id = await submitted(program, { workspace, workflow: 'story', prompt: 'the journey of @Fox', options });
  expect((await delivered(program, id)).run.state).toBe('succeeded');
  const [entry] = await listCast(program.services.db, workspace.id);
  const stored = await program.services.store.read(entry?.images[0]?.objectKey ?? '');
  expect(vendor.images).toHaveLength(3);
  for (const { prompt, references } of vendor.images) {
    expect(prompt).not.toContain('@');
    expect(references[0]).toMatchObject({ content: stored, mime: 'image/png', width: 36, height: 64 });
    expect(references[0]?.shows).toEqual({
      from: 'cast',
      name: 'fox',
      kind: 'character',
      description: fox.description,
    });
  }
  expect(vendor.words.length).toBeGreaterThan(0);
  for (const { prompt, cast: notes } of vendor.words) {
    expect(prompt).not.toContain('@');
    expect(notes).toMatchObject([{ name: 'fox', description: fox.description }]);
  }
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a run whose picture is gone fails, says so, and costs nothing for the image that nobody could make', async () => {
  const { program, request, workspace, vendor, database } = await opened({ worker: true });
  await send(request, { ...fox, images: 'two.png' });
  const [entry] = await listCast(program.services.db, workspace.id);
  await program.services.store.remove(entry?.images[0]?.objectKey ?? '');
  const id = await submitted(program, { workspace, workflow: 'image', prompt: '@fox' });
  const view = await until(program, id, ({ run }) => run.deliveredAt !== null);
  expect(view.run).toMatchObject({
    state: 'failed',
    failure: { kind: 'storage', detail: expect.stringContaining('@fox is gone') },
  });
  expect(view.steps.find(({ kind }) => kind === 'image')?.submits).toBe(0);
  expect(view.run.releasedCredits).toBeGreaterThan(0);
  expect(vendor.images).toEqual([]);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('the command opens its form only to add', () => {
  const opening = commands.filter(({ opensForm }) => opensForm({})).map(({ name }) => name);
  expect(opening).toEqual(['keys', 'settings']);
  expect([cast.opensForm({ action: 'add' }), cast.opensForm({ action: 'show', name: 'fox' })]).toEqual([true, false]);
});

test('the sweeper looks at old files of the cast alone', async () => {
  const { home, program, db } = await opened();
  const { store } = program.services;
  const path = join(await temporaryDirectory(), 'object');
  await writeFile(path, 'an object');
  const key = `cast/${randomUUID()}/1-0a1b2c3d.png`;
  await store.put(key, { path, mime: 'image/png', bytes: 9 });
  expect(await sweepStrays({ db, store, now: () => new Date() }, signal)).toBe(0);
  const old = new Date(Date.now() - 1.1 * dayMs);
  await utimes(join(home, 'media', key), old, old);
  expect(await sweepStrays({ db, store, now: () => new Date() }, signal)).toBe(1);
});
