import { sql } from 'drizzle-orm';
import { expect, inject, onTestFinished, test } from 'vitest';
import { runAgain } from '../../src/bots/actions/again.ts';
import { animateRun } from '../../src/bots/actions/animate.ts';
import { history } from '../../src/bots/commands/history.ts';
import type { CommandRequest } from '../../src/bots/commands/request.ts';
import { startRun } from '../../src/bots/commands/startRun.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { loadRun } from '../../src/db/runs.ts';
import { assets } from '../../src/db/schema.ts';
import { type RunId, runId } from '../../src/db/vocabulary.ts';
import { createLog } from '../../src/log.ts';
import type { Program } from '../../src/main.ts';
import { sweep } from '../../src/pipeline/sweep.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';
import { startS3 } from '../support/s3/server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function opened(kind: 'files' | 's3') {
  const installation = await createInstallation(await createTestDatabase());
  const { home, database } = installation;
  const s3 = kind === 's3' ? await startS3(await temporaryDirectory()) : null;
  if (s3) onTestFinished(s3.close);
  const { readConfig } = await import('../../src/config.ts');
  const config = s3 ? { s3: readConfig(s3.environment).s3 } : {};
  const program = await installation.open({ worker: true, config });
  await program.services.store.prepare();
  const workspace = await createWorkspace(database, 1_000);
  const request: CommandRequest = {
    ...{ services: program.services, workspace, member: { id: 'ada', name: 'Ada', isAdmin: false } },
    ...{ requestKey: crypto.randomUUID(), place: {}, locale: 'en', signal: new AbortController().signal },
    openImage: async () => inject('vendorMedia').image,
  };
  return { home, database, program, workspace, request };
}

const sweepOf = ({ services }: Program, over: Partial<Parameters<typeof sweep>[0]> = {}) =>
  sweep(
    {
      ...{ db: services.db, store: services.store, log: createLog('silent', false), random: Math.random },
      ...{ retention: { mediaDays: 30, inputHours: 24 }, ...over },
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
    const started = await startRun(request, { workflow: 'video', prompt: 'closer', options: {}, image: 'any' });
    const video = runId.parse(started.kind === 'run' ? started.runId : null);
    for (const id of [complete, video]) expect((await delivered(program, id)).run.state).toBe('succeeded');
    const keys = (await db.select().from(assets)).map(({ objectKey }) => objectKey);
    expect(keys).toHaveLength(4);
    expect(await sweepOf(program)).toBe(0);

    // A day later only what the member gave is gone.
    await db.execute(sql`UPDATE assets SET created_at = now() - interval '25 hours'`);
    expect(await sweepOf(program)).toBe(1);
    const given = (await viewOf(program, video)).assets.find(({ step }) => step === null);
    expect(await store.size(given?.objectKey ?? '')).toBeNull();
    expect(await runAgain(request, await viewOf(program, video))).toMatchObject({
      refusal: { reason: 'media_expired' },
    });

    // A month later everything, however many sweep at once.
    await db.execute(sql`UPDATE assets SET created_at = now() - interval '31 days'`);
    const erased = await Promise.all(Array.from({ length: 5 }, () => sweepOf(program)));
    expect(erased.reduce((sum, one) => sum + one)).toBe(3);
    for (const key of keys) expect(await store.size(key)).toBeNull();
    expect(await animateRun(request, await viewOf(program, complete))).toMatchObject({
      refusal: { reason: 'media_expired' },
    });
    const told = await history.perform(request, {});
    expect(JSON.stringify(told)).toMatch(/no longer kept.*no longer kept/);
    expect(JSON.stringify(told)).not.toContain('objectKey');
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  },
);

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
  await expect(sweepOf(program, { store: broken })).rejects.toThrow('killed');
  const [asset] = (await viewOf(program, done)).assets;
  expect(asset?.removedAt).not.toBeNull();
  expect(await store.size(asset?.objectKey ?? '')).not.toBeNull();
  expect(await sweepOf(program)).toBe(1);
  expect(await store.size(asset?.objectKey ?? '')).toBeNull();
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
