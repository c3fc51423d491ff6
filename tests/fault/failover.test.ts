import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { providerOrphans, runs } from '../../src/db/schema.ts';
import type { Lease } from '../../src/db/turnWrite.ts';
import { runId } from '../../src/domain.ts';
import { migrateQueue } from '../../src/pipeline/queue/postgres.ts';
import { openQueue } from '../../src/pipeline/queue.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInbox } from '../support/inbox.ts';
import {
  allDelivered,
  createInstallation,
  delivered,
  submissionOf,
  submitsOf,
  submitted,
  until,
} from '../support/program.ts';
import { startInSlack } from '../support/slack/installed.ts';
import { readJournal } from '../support/studio.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** The same database, reached through a network that can fail. */
async function behindProxy(database: Database): Promise<{ proxy: TcpProxy; reached: Database }> {
  const url = new URL(database.url);
  const port = Number(url.port);
  const proxy = await openTcpProxy(() => ({ host: '127.0.0.1', port }));
  onTestFinished(proxy.close);
  url.port = String(proxy.port);
  return { proxy, reached: { ...database, url: url.href } };
}

test('a command whose COMMIT was carried out and never answered is charged once when it is delivered again', async () => {
  const database = await createTestDatabase();
  const { proxy, reached } = await behindProxy(database);
  const workspace = await createWorkspace(database, 100);
  const bot = await (await createInstallation(reached)).open({ worker: false });
  const submission = submissionOf({ workspace });
  const swallowed = proxy.swallowAnswerTo((bytes) => bytes.includes(submission.requestKey));
  await expect(bot.services.submit(submission)).rejects.toThrow();
  await swallowed;
  const again = await bot.services.submit(submission);
  const [written] = await database.db.select().from(runs);
  expect(again).toEqual({ outcome: 'repeated', runId: written?.id });
  expect(await database.db.select().from(runs)).toHaveLength(1);
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
});

/** A worker whose network swallows the answer to the first statement that matches. */
async function workerWithoutAnswer(statement: (bytes: Buffer) => boolean) {
  const database = await createTestDatabase();
  const { proxy, reached } = await behindProxy(database);
  const installation = await createInstallation(reached);
  const worker = await installation.open({ worker: true });
  const swallowed = proxy.swallowAnswerTo(statement);
  const id = await submitted(worker, { workspace: await createWorkspace(database, 100) });
  await swallowed;
  return { database, proxy, installation, worker, id };
}

test('a settlement that was carried out and never answered is not carried out again', async () => {
  let isSettling = false;
  // The driver sends the statement's text first, and its values after the server has parsed it.
  const settles = (bytes: Buffer) => {
    isSettling ||= bytes.includes('capture:');
    return isSettling && bytes.includes('succeeded');
  };
  const { database, installation, worker, id } = await workerWithoutAnswer(settles);
  const [settled] = await database.db.select().from(runs).where(eq(runs.id, id));
  expect(settled).toMatchObject({ state: 'succeeded', capturedCredits: 24, deliveredAt: null });
  const view = await delivered(worker, id);
  expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

/** Matches the statement that saves the handle of a video. */
const savesHandle = (bytes: Buffer) => bytes.includes('"operation"');

test('a video whose sending was written down and never answered is sent all the same, once', async () => {
  // Among the values of the statement that marks step 3: its number, as a text of one byte.
  const begins = (bytes: Buffer) => bytes.includes('submitting') && bytes.includes(Buffer.from([0, 0, 0, 1, 0x33]));
  const { database, installation, worker, id } = await workerWithoutAnswer(begins);
  expect((await delivered(worker, id)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a handle that was written and never answered is polled, and the video is not sent again', async () => {
  const { database, installation, worker, id } = await workerWithoutAnswer(savesHandle);
  expect((await delivered(worker, id)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a handle that was written and never answered belongs to who took the run up since: its video is not stopped', async () => {
  const { database, proxy, installation, worker, id } = await workerWithoutAnswer(savesHandle);
  proxy.turn('cut');
  const other = await (await createInstallation(database)).open({ worker: true });
  expect((await delivered(other, id)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  proxy.turn('fine');
  // Waits until the first worker has tried to write once more and learned that it lost the run.
  await worker.drain();
  expect(readJournal(installation.journal).map(({ call }) => call)).not.toContain('cancel');
  expect(await database.db.select().from(providerOrphans)).toEqual([]);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a message is posted once although the database loses the save of its id, or the answer to it', async () => {
  const { proxy, reached } = await behindProxy(await createTestDatabase());
  const { slack, driver, program } = await startInSlack({ database: reached });
  const losses = [proxy.swallow, proxy.swallowAnswerTo];
  const ids = ['rootTs', 'progressTs', 'mentionTs'];
  for (const id of ids) {
    for (const lose of losses) {
      // The first statement with this id is the one that saves it.
      const lost = lose((bytes) => bytes.includes(`"${id}":"`));
      await driver.command('image a fox');
      await lost;
      await allDelivered(program);
    }
  }
  const posts = slack.calls.all().filter(({ method }) => method === 'chat.postMessage');
  expect(posts).toHaveLength(ids.length * losses.length * ids.length);
  // The stand-in for Slack heeds no `client_msg_id`, so a repeated post would be seen twice.
  expect(new Set(posts.map(({ body }) => body.client_msg_id)).size).toBe(posts.length);
});

test('a database whose machine vanished without a word is found again at its new place', async () => {
  const database = await createTestDatabase();
  const { proxy, reached } = await behindProxy(database);
  const installation = await createInstallation(reached);
  const worker = await installation.open({ worker: true, vendor: { pollsUntilDone: 3 } });
  const id = await submitted(worker, { workspace: await createWorkspace(database, 100) });
  await until(worker, id, (view) => view.steps[0]?.state === 'done');
  proxy.halfOpen();
  await expect
    .poll(() => delivered(worker, id).then(({ run }) => run.state, String), { timeout: 60_000 })
    .toBe('succeeded');
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('while no connection is left in the database, what a provider made waits to be written and is not made again', async () => {
  const database = await createTestDatabase();
  const role = `guest_${process.pid}_${Date.now()}`;
  const admin = async (statement: string) => await database.db.execute(sql.raw(statement));
  await admin(`CREATE ROLE ${role} LOGIN PASSWORD 'guest'`);
  await admin(`GRANT ${new URL(database.url).username} TO ${role}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'guest';
  const installation = await createInstallation({ ...database, url: url.href });
  const worker = await installation.open({ worker: true, vendor: { submitMs: 400 } });
  onTestFinished(async () => {
    await worker.stop();
    await admin(`DROP OWNED BY ${role}`);
    await admin(`DROP ROLE ${role}`);
  });
  const id = await submitted(worker, { workspace: await createWorkspace(database, 100) });
  await expect.poll(() => submitsOf(installation.journal, id).video, { timeout: 30_000 }).toBe(1);
  await admin(`ALTER ROLE ${role} CONNECTION LIMIT 0`);
  await admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`);
  // The provider answers meanwhile.
  await pause(1_500);
  await admin(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
  await expect
    .poll(() => delivered(worker, id).then(({ run }) => run.state, String), { timeout: 60_000 })
    .toBe('succeeded');
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a worker whose first line to the queue is refused takes turns as soon as it gets one', async () => {
  const { proxy, reached } = await behindProxy(await createTestDatabase());
  const queue = await openQueue({ kind: 'postgres', url: reached.url }, () => {});
  onTestFinished(queue.close);
  proxy.turn('cut');
  const taken = createInbox<Lease>(({ runId: id }) => id);
  const working = queue.work(async ([lease]) => lease && taken.add(lease), 1);
  onTestFinished(working.close);
  await expect.poll(() => proxy.refused()).toBeGreaterThan(0);
  proxy.turn('fine');
  const lease: Lease = { runId: runId.parse(randomUUID()), dispatch: 1 };
  await expect.poll(() => queue.add([lease]).then(() => 'added', String)).toBe('added');
  expect(await taken.first(() => true, 'the turn')).toEqual(lease);
});

test.for([
  { moment: 'between two statements', vanish: ({ halfOpen }: TcpProxy) => halfOpen() },
  {
    // The driver sends the text of a new statement first, and its values after the server has parsed it.
    moment: 'in the middle of a statement',
    vanish: (proxy: TcpProxy) => {
      void proxy.swallowAnswerTo((bytes) => {
        if (bytes.includes('SELECT $1')) queueMicrotask(proxy.halfOpen);
        return false;
      });
    },
  },
])(
  'a process that vanishes in mid-transaction, $moment, holds up the others for moments, not for hours',
  async ({ vanish }) => {
    const database = await createTestDatabase();
    const workspace = await createWorkspace(database, 100);
    const { proxy, reached } = await behindProxy(database);
    const vanishing = openDatabase(reached.url, { silenceMs: 1_000, serverVersion: 180_000 });
    onTestFinished(vanishing.close);
    const vanished = vanishing.db.transaction(async (tx) => {
      await tx.execute(sql`UPDATE credit_accounts SET held = held WHERE workspace_id = ${workspace.id}`);
      vanish(proxy);
      await tx.execute(sql`SELECT ${1}::int`);
    });
    await expect(vanished).rejects.toThrow();
    const bot = await (await createInstallation(database)).open({ worker: false });
    expect(await bot.services.submit(submissionOf({ workspace }))).toMatchObject({ outcome: 'accepted' });
  },
);

test.for([
  { schema: 'ours', migrateIt: migrateDatabase, table: sql`drizzle.__drizzle_migrations` },
  { schema: "the queue's", migrateIt: migrateQueue, table: sql`bullmq.migration` },
])(
  'a process that vanishes while it migrates $schema keeps the next from starting for moments, not for hours',
  async ({ migrateIt, table }) => {
    const database = await createTestDatabase();
    const { proxy, reached } = await behindProxy(database);
    const waiting = sql`SELECT 1 FROM pg_locks WHERE locktype = 'relation' AND NOT granted`;
    let vanished: Promise<unknown> = Promise.resolve();
    await database.db.transaction(async (tx) => {
      await tx.execute(sql`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      vanished = migrateIt(reached.url).catch((error: unknown) => error);
      // The worker has the run's lease and is blocked in its turn.
      await expect.poll(() => database.db.execute(waiting)).toHaveLength(1);
      proxy.halfOpen();
    });
    await migrateIt(database.url);
    await proxy.close();
    await vanished;
  },
);
