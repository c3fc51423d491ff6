import { randomUUID } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, inject, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { runAgain } from '../../src/bots/actions/again.ts';
import { animateRun, reanimateRun } from '../../src/bots/actions/animate.ts';
import { history } from '../../src/bots/commands/history.ts';
import type { CommandRequest } from '../../src/bots/commands/request.ts';
import { startRun } from '../../src/bots/commands/startRun.ts';
import type { Database } from '../../src/db/client.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { loadRun } from '../../src/db/runs.ts';
import { assets } from '../../src/db/schema.ts';
import { readFigures } from '../../src/db/stats.ts';
import { type RunId, runId } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import { createFileStore } from '../../src/pipeline/media/files.ts';
import { quote } from '../../src/pipeline/quote.ts';
import { startSweeper, sweep, sweepStrays } from '../../src/pipeline/sweep.ts';
import type { Program } from '../../src/program.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';
import { startS3 } from '../support/s3/server.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function opened(kind: 'files' | 's3', reached?: Database) {
  const installation = await createInstallation(reached ?? (await createTestDatabase()));
  const { home, database } = installation;
  const s3 = kind === 's3' ? await startS3(await temporaryDirectory()) : null;
  if (s3) onTestFinished(s3.close);
  const { readConfig } = await import('../../src/config.ts');
  const config = s3 ? { s3: readConfig(s3.environment).s3 } : {};
  const program = await installation.open({ worker: true, config });
  await program.services.store.prepare();
  const workspace = await createWorkspace(database, 1_000);
  const request: CommandRequest = {
    services: program.services,
    workspace,
    member: { id: 'ada', name: 'Ada', isAdmin: false },
    requestKey: crypto.randomUUID(),
    conversation: {},
    locale: 'en',
    signal: new AbortController().signal,
    openImage: async () => inject('vendorMedia').image,
  };
  return { home, database, s3, program, workspace, request };
}

const closer = { workflow: 'video', prompt: 'closer', options: {}, image: 'any' } as const;

const sweepOf = ({ services }: Program, over: Partial<Parameters<typeof sweep>[0]> = {}) =>
  sweep(
    {
      db: services.db,
      store: services.store,
      log: createLog('silent', false),
      random: Math.random,
      retention: { mediaDays: 30, inputHours: 24 },
      ...over,
    },
    new AbortController().signal,
  );

async function viewOf(program: Program, id: RunId) {
  const view = await loadRun(program.services.db, id);
  if (!view) throw new Error('the run is gone');
  return view;
}

test.for(['files', 's3'] as const)(
  'media are erased from %s once they were kept for long enough, once, and nobody is shown them',
  async (kind) => {
    const { database, program, workspace, request } = await opened(kind);
    const { store, db } = program.services;
    const complete = await submitted(program, { workspace });
    const started = await startRun(request, closer);
    const video = runId.parse(started.kind === 'run' ? started.runId : null);
    for (const id of [complete, video]) expect((await delivered(program, id)).run.state).toBe('succeeded');
    const keys = (await db.select().from(assets)).map(({ objectKey }) => objectKey);
    expect(keys).toHaveLength(4);
    expect(await sweepOf(program)).toBe(0);

    // A day later, only the image that the member gave is gone.
    await db.execute(sql`UPDATE assets SET created_at = now() - interval '25 hours'`);
    expect(await sweepOf(program)).toBe(1);
    const given = (await viewOf(program, video)).assets.find(({ step }) => step === null);
    expect(await store.size(given?.objectKey ?? '')).toBeNull();
    expect(await runAgain(request, await viewOf(program, video))).toMatchObject({
      refusal: { reason: 'media_expired' },
    });

    // A month later everything is gone, however many processes sweep at once.
    await db.execute(sql`UPDATE assets SET created_at = now() - interval '31 days'`);
    const erased = await Promise.all(Array.from({ length: 5 }, () => sweepOf(program)));
    expect(erased.reduce((sum, one) => sum + one)).toBe(3);
    for (const key of keys) expect(await store.size(key)).toBeNull();
    expect(await animateRun(request, await viewOf(program, complete), null)).toMatchObject({
      refusal: { reason: 'media_expired' },
    });
    const told = await history.perform(request, {});
    expect(JSON.stringify(told)).toMatch(/no longer kept.*no longer kept/);
    expect(JSON.stringify(told)).not.toContain('objectKey');
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  },
);

test('the frame of a video is kept as long as the image that it was chosen from, and what a member gave is not', async () => {
  const { program, workspace, request } = await opened('files');
  const { db } = program.services;
  const frames = await submitted(program, { workspace, options: { frames: 2 } });
  const view = await delivered(program, frames).then(() => viewOf(program, frames));
  const idOf = (answer: Awaited<ReturnType<typeof startRun>>) =>
    runId.parse(answer.kind === 'run' ? answer.runId : null);
  const film = idOf(await animateRun(request, view, 2));
  const own = idOf(await startRun({ ...request, requestKey: crypto.randomUUID() }, closer));
  for (const id of [film, own]) await delivered(program, id);
  await db.execute(sql`UPDATE assets SET created_at = now() - interval '25 hours'`);
  expect(await sweepOf(program)).toBe(1);
  const givenIn = async (id: RunId) => (await viewOf(program, id)).assets.find(({ step }) => step === null);
  expect(await givenIn(film)).toMatchObject({ removedAt: null });
  expect((await givenIn(own))?.removedAt).not.toBeNull();
  const again = { ...request, requestKey: crypto.randomUUID() };
  expect(await reanimateRun(again, await viewOf(program, film), null, 'slower')).toMatchObject({ kind: 'run' });
});

test('who dies between marking and erasing leaves nothing behind, and what is not delivered yet is kept', async () => {
  const { program, workspace } = await opened('files');
  const { store, db } = program.services;
  const done = await submitted(program, { workspace, workflow: 'image' });
  await delivered(program, done);
  await db.execute(sql`UPDATE assets SET created_at = now() - interval '31 days'`);
  await db.execute(sql`UPDATE runs SET delivered_at = NULL, due_at = now() + interval '1 hour'`);
  expect(await sweepOf(program)).toBe(0);
  await db.execute(sql`UPDATE runs SET delivered_at = now(), due_at = NULL`);
  const broken = { ...store, remove: () => Promise.reject(new Error('killed')) };
  expect(await sweepOf(program, { store: broken })).toBe(0);
  const [asset] = (await viewOf(program, done)).assets;
  expect(asset?.removedAt).not.toBeNull();
  expect(await store.size(asset?.objectKey ?? '')).not.toBeNull();
  expect(await sweepOf(program)).toBe(0);
  await db.execute(sql`UPDATE assets SET erase_due_at = now()`);
  expect(await sweepOf(program)).toBe(1);
  expect(await store.size(asset?.objectKey ?? '')).toBeNull();
});

test('an object that cannot be erased keeps no other from being erased, is tried again ever more seldom, and is counted', async () => {
  const { program, workspace } = await opened('s3');
  const { store, db } = program.services;
  for (const workflow of ['image', 'image', 'image'] as const) {
    await delivered(program, await submitted(program, { workspace, workflow }));
  }
  await db.execute(sql`UPDATE assets SET created_at = now() - interval '31 days' - interval '1 second' * width`);
  const [stuck] = await db.select().from(assets);
  const openTransactions = sql`SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'`;
  const stubborn = {
    ...store,
    remove: async (key: string) => {
      expect((await db.execute(openTransactions))[0]).toEqual({ n: 0 });
      if (key === stuck?.objectKey) throw new Error('AccessDenied');
      await store.remove(key);
    },
  };
  expect(await sweepOf(program, { store: stubborn })).toBe(2);
  expect(await sweepOf(program, { store: stubborn })).toBe(0);
  const pauses: number[] = [];
  for (let attempt = 1; attempt < 9; attempt += 1) {
    const rows = await db.execute(sql`
      SELECT round(extract(epoch FROM erase_due_at - now()) / 60)::int AS minutes FROM assets WHERE erased_at IS NULL`);
    pauses.push(z.array(z.object({ minutes: z.int() })).parse(rows)[0]?.minutes ?? 0);
    await db.execute(sql`UPDATE assets SET erase_due_at = now() WHERE erased_at IS NULL`);
    expect(await sweepOf(program, { store: stubborn })).toBe(0);
  }
  expect(pauses).toEqual([1, 4, 16, 64, 256, 1_024, 1_440, 1_440]);
  expect((await readFigures(db, 5_000)).unerasedObjects).toBe(1);
  await db.execute(sql`UPDATE assets SET erase_due_at = now() WHERE erased_at IS NULL`);
  expect(await sweepOf(program)).toBe(1);
  expect((await readFigures(db, 5_000)).unerasedObjects).toBe(0);
});

test('a store that is away is not asked for every object in turn', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  await createWorkspace(database, 0);
  await db.execute(sql`
    INSERT INTO runs (id, workspace_id, request_key, member_id, member_name, workflow, prompt, options, conversation, price_credits)
    SELECT gen_random_uuid(), 'terminal:test', i, 'ada', 'Ada', 'image', 'x', '{}', '{}', 0 FROM generate_series(1, 40) i`);
  await db.execute(sql`
    INSERT INTO assets (run_id, kind, object_key, mime, width, height, bytes, sha256, removed_at)
    SELECT id, 'image', 'runs/' || id || '/input-1.png', 'image/png', 1, 1, 1, '', now() FROM runs`);
  let asked = 0;
  const away = {
    ...createFileStore(await temporaryDirectory()),
    remove: async () => {
      asked += 1;
      throw new Error('ECONNREFUSED');
    },
  };
  const log = createLog('silent', false);
  const retention = { mediaDays: null, inputHours: null };
  expect(await sweep({ db, store: away, log, retention, random: Math.random }, signal)).toBe(0);
  expect(asked).toBe(10);
});

test('without a retention time nothing that was made is ever erased, unless its run was deleted', async () => {
  const { program, workspace } = await opened('files');
  const { db } = program.services;
  const id = await submitted(program, { workspace, workflow: 'image' });
  await delivered(program, id);
  await db.execute(sql`UPDATE assets SET created_at = now() - interval '10 years'`);
  const retention = { mediaDays: null, inputHours: null };
  expect(await sweepOf(program, { retention })).toBe(0);
  await db.execute(sql`UPDATE runs SET deleted_at = now()`);
  expect(await sweepOf(program, { retention })).toBe(1);
});

const hourMs = 60 * 60_000;
const signal = new AbortController().signal;

/** A sweep of objects that no row names, as if `hours` had passed. */
const strayed = ({ services: { db, store } }: Program, hours: number) =>
  sweepStrays({ db, store, now: () => new Date(Date.now() + hours * hourMs) }, signal);

async function put({ services }: Program, key: string) {
  const path = join(await temporaryDirectory(), 'object');
  await writeFile(path, 'an object');
  await services.store.put(key, { path, mime: 'image/png', bytes: 9 });
  return key;
}

test.for(['files', 's3'] as const)(
  'what no row names is erased from %s after a day, and nothing that a run has, may still name or did not make',
  async (kind) => {
    const { database, program, workspace, request } = await opened(kind);
    const { store, db } = program.services;
    const done = await submitted(program, { workspace, workflow: 'image' });
    const started = await startRun(request, closer);
    const film = runId.parse(started.kind === 'run' ? started.runId : null);
    for (const id of [done, film]) await delivered(program, id);
    const rows = await db.select().from(assets);
    const named = rows.map(({ objectKey }) => objectKey);
    expect(named).toHaveLength(3);
    const strays = [
      // Its insert was refused, or never came.
      await put(program, `runs/${randomUUID()}/input-0a1b2c3d.png`),
      // Its worker died before it recorded the object, and the repeated step stored another one.
      await put(program, `runs/${done}/image-0a1b2c3d.png`),
    ];
    const kept = [
      await put(program, `runs/${randomUUID()}/video-0a1b2c3d.mp4`),
      await put(program, 'runs/notes/input-0a1b2c3d.png'),
      await put(program, 'elsewhere/input-0a1b2c3d.png'),
    ];
    expect(await strayed(program, 23)).toBe(0);

    // An unfinished run may be about to record an object that it has stored.
    await db.execute(sql`
      UPDATE runs SET state = 'running', settled_at = NULL, delivered_at = NULL, due_at = now() + interval '1 day'
      WHERE id = ${done}`);
    expect(await strayed(program, 25)).toBe(1);
    await db.execute(sql`
      UPDATE runs SET state = 'succeeded', settled_at = now(), delivered_at = now(), due_at = NULL WHERE id = ${done}`);
    const erased = await Promise.all(Array.from({ length: 3 }, () => strayed(program, 25)));
    expect(erased.some((count) => count === 1)).toBe(true);
    for (const key of strays) expect(await store.size(key)).toBeNull();
    for (const key of [...named, ...kept]) expect(await store.size(key)).not.toBeNull();
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  },
);

test('what came back into the store after its row was erased is erased again', async () => {
  const { program, workspace } = await opened('files');
  const { db, store } = program.services;
  const done = await submitted(program, { workspace, workflow: 'image' });
  const [asset] = (await delivered(program, done)).assets;
  await db.execute(sql`UPDATE runs SET deleted_at = now()`);
  expect(await sweepOf(program)).toBe(1);
  const key = await put(program, asset?.objectKey ?? '');
  expect(await strayed(program, 25)).toBe(1);
  expect(await store.size(key)).toBeNull();
});

test('a sweeper erases by itself what killed processes left: objects that nobody names, and files on their way', async () => {
  const { program, home } = await opened('files');
  const { db, store } = program.services;
  const directory = await temporaryDirectory();
  const left = new Date(Date.now() - 25 * hourMs);
  for (const name of ['receive-1', 'upload-1', 'input-1', 'receive-2'])
    await writeFile(join(directory, name), 'pixels');
  for (const name of ['receive-1', 'upload-1', 'input-1']) await utimes(join(directory, name), left, left);
  const key = await put(program, `runs/${randomUUID()}/input-0a1b2c3d.png`);
  await utimes(join(home, 'media', key), left, left);
  // With this random value, each chore of the sweeper is due at once.
  const sweeper = startSweeper({
    db,
    store,
    temporaryDirectory: directory,
    retention: { mediaDays: 30, inputHours: 24 },
    log: createLog('silent', false),
    random: () => 0,
    now: () => new Date(),
  });
  onTestFinished(sweeper.stop);
  await expect.poll(() => store.size(key)).toBeNull();
  await expect.poll(() => readdir(directory)).toEqual(['receive-2']);
});

/** The members' images that are in the store now. */
const inputsIn = async (home: string): Promise<string[]> =>
  (await readdir(join(home, 'media'), { recursive: true })).filter((name) => name.includes('/input-'));

test('an image is not kept when its run is refused or fails to be written', async () => {
  const { home, database, request } = await opened('files');
  const poor = await createWorkspace(database, 0, 'terminal:poor');
  expect(await startRun({ ...request, workspace: poor }, closer)).toMatchObject({
    refusal: { reason: 'insufficient' },
  });
  expect(await inputsIn(home)).toEqual([]);
  await database.db.execute(sql`ALTER TABLE runs ADD CHECK (prompt <> 'closer')`);
  await expect(startRun(request, closer)).rejects.toThrow();
  expect(await inputsIn(home)).toEqual([]);
});

test('a refusal is told though the store is away by then, and the image is erased a day later', async () => {
  const { s3, program, database, request } = await opened('s3');
  if (!s3) throw new Error('no S3');
  const { price } = await quote(program.services, request.workspace.id, 'video', {});
  const poor = { ...request, workspace: await createWorkspace(database, price, 'terminal:poor') };
  // There are credits for one run. While we check the image of the video run, an image run spends them.
  const openImage: CommandRequest['openImage'] = async (reference) => {
    const spent = await startRun(
      { ...poor, requestKey: crypto.randomUUID() },
      { ...closer, workflow: 'image', image: null },
    );
    expect(spent.kind).toBe('run');
    return await request.openImage(reference);
  };
  const put = s3.arrival(/input-/);
  const refused = startRun({ ...poor, openImage }, closer);
  await put;
  s3.fault = 503;
  expect(await refused).toMatchObject({ refusal: { reason: 'insufficient' } });
  s3.fault = null;
  expect(await strayed(program, 25)).toBe(1);
});

test('a run whose insert was carried out and never answered keeps its image', async () => {
  const database = await createTestDatabase();
  const url = new URL(database.url);
  const port = Number(url.port);
  const proxy = await openTcpProxy(() => ({ host: '127.0.0.1', port }));
  onTestFinished(proxy.close);
  url.port = String(proxy.port);
  const { home, program, request } = await opened('files', { ...database, url: url.href });
  const swallowed = proxy.swallowAnswerTo(
    (bytes) => bytes.includes(request.requestKey) && bytes.includes(closer.prompt),
  );
  await expect(startRun(request, closer)).rejects.toThrow();
  await swallowed;
  expect(await inputsIn(home)).toHaveLength(1);
  const again = await startRun(request, closer);
  const view = await delivered(program, runId.parse(again.kind === 'run' ? again.runId : null));
  expect(view.run.state).toBe('succeeded');
  expect(await inputsIn(home)).toHaveLength(1);
});
