import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { claim } from '../../../src/db/claim.ts';
import { loadRun, markDeleted, requestCancel } from '../../../src/db/runs.ts';
import {
  beginSubmit,
  dispatchDue,
  finishDelivery,
  handBack,
  heartbeat,
  saveHandle,
  saveProgress,
  settle,
} from '../../../src/db/turns.ts';
import { LeaseLost } from '../../../src/db/turnWrite.ts';
import { createTestDatabase } from '../../support/database.ts';
import { createInstallation, submitted } from '../../support/program.ts';

async function oneRun() {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot);
  const [lease] = await dispatchDue(database.db, 1, 60_000);
  if (!lease) throw new Error('nothing was due');
  return { db: database.db, id, lease };
}

test('a dispatch is taken up once, however often its job is delivered at the same moment', async () => {
  const { db, lease } = await oneRun();
  const claims = await Promise.all(Array.from({ length: 10 }, () => claim(db, [lease], 60_000)));
  expect(claims.filter((claimed) => claimed.size > 0)).toHaveLength(1);
});

/** The end of a turn in which no other step waits. */
const ending = { othersDueAt: null, knowsStop: false, hookedAt: null };
const first = { number: 1, failedAttempts: 0, hookedAt: null };

test('two relays that look at once never lease the same run', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  for (const name of 'abcdefgh') await submitted(bot, { member: { id: name, name, isAdmin: false } });
  const looks = await Promise.all(Array.from({ length: 6 }, () => dispatchDue(database.db, 5, 60_000)));
  const ids = looks.flat().map((lease) => lease.runId);
  expect(ids).toHaveLength(8);
  expect(new Set(ids).size).toBe(8);
});

test('whoever was dispatched before can neither renew nor write', async () => {
  const { db, lease } = await oneRun();
  await claim(db, [lease], 60_000);
  await handBack(db, lease);
  const [next] = await dispatchDue(db, 1, 60_000);
  expect(next?.dispatch).toBe(lease.dispatch + 1);
  expect(await heartbeat(db, lease, 60_000)).toBe(false);
  await expect(saveHandle(db, lease, first, { handle: { late: true }, pollAfterMs: 0 }, ending)).rejects.toBeInstanceOf(
    LeaseLost,
  );
  expect((await claim(db, [lease], 60_000)).size).toBe(0);
});

test('a delivered run does not fall due again, even if the worker that delivered it stops before it hears of that', async () => {
  const { db, id, lease } = await oneRun();
  await claim(db, [lease], 60_000);
  await settle(db, lease, { state: 'failed', capturedCredits: 0, failure: null });
  await finishDelivery(db, lease, { posted: {}, failure: null, unreached: [] });
  await expect(handBack(db, lease)).rejects.toBeInstanceOf(LeaseLost);
  expect((await loadRun(db, id))?.run).toMatchObject({ dueAt: null, busy: false });
  expect(await dispatchDue(db, 1, 60_000)).toEqual([]);
});

test('a run that was deleted after its delivery goes back to the queue until its messages are taken back', async () => {
  const { db, id, lease } = await oneRun();
  await claim(db, [lease], 60_000);
  await settle(db, lease, { state: 'failed', capturedCredits: 0, failure: null });
  await finishDelivery(db, lease, { posted: { root: 'm1' }, failure: null, unreached: [] });
  await markDeleted(db, id, { byWorker: true });
  const byOlderWorker = sql`SELECT id FROM dispatch_due(1, interval '1 second', 30, 30, 1, 3)`;
  expect([...(await db.execute(byOlderWorker))]).toEqual([]);
  const [next] = await dispatchDue(db, 1, 60_000);
  if (!next) throw new Error('nobody takes the messages back');
  await claim(db, [next], 60_000);
  await handBack(db, next);
  expect(await dispatchDue(db, 1, 60_000)).toMatchObject([{ runId: id }]);
});

test('a wish to cancel does not take a run away from the worker that is at its turn', async () => {
  const { db, id, lease } = await oneRun();
  await claim(db, [lease], 60_000);
  await requestCancel(db, id);
  expect(await dispatchDue(db, 1, 60_000)).toEqual([]);
  await handBack(db, lease);
  expect(await dispatchDue(db, 1, 60_000)).toHaveLength(1);
});

test('a run that somebody stopped sends nothing more, even in a turn that had decided so before', async () => {
  const { db, id, lease } = await oneRun();
  await claim(db, [lease], 60_000);
  await requestCancel(db, id);
  expect(await beginSubmit(db, lease, { number: 1, submits: 0 })).toBe('stopped');
  expect((await loadRun(db, id))?.steps[0]).toMatchObject({ state: 'pending', submits: 0 });
  await handBack(db, lease);
  await dispatchDue(db, 1, 60_000);
  await expect(beginSubmit(db, lease, { number: 1, submits: 0 })).rejects.toBeInstanceOf(LeaseLost);
});

test('polls fall due together, four times a second, unless the provider is to be asked again at once', async () => {
  const { db, id, lease } = await oneRun();
  await claim(db, [lease], 60_000);
  await saveHandle(db, lease, first, { handle: {}, pollAfterMs: 15_000 }, ending);
  const dueIn = z.array(z.object({ ms: z.coerce.number(), odd: z.coerce.number() }));
  const look = sql`
    SELECT extract(epoch FROM due_at - now()) * 1000 AS ms, extract(epoch FROM due_at) * 1000 % 250 AS odd
    FROM runs WHERE id = ${id}`;
  const [later] = dueIn.parse(await db.execute(look));
  expect(later?.odd).toBe(0);
  expect(later?.ms).toBeGreaterThan(10_000);
  expect(later?.ms).toBeLessThanOrEqual(15_250);
  await saveProgress(db, lease, first, { fraction: null, pollAfterMs: 0 }, ending);
  const [soon] = dueIn.parse(await db.execute(look));
  expect(soon?.ms).toBeLessThanOrEqual(0);
});
