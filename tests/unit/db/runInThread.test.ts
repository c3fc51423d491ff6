import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { claimAnswer } from '../../../src/db/claimAnswer.ts';
import { insertRun } from '../../../src/db/insertRun.ts';
import { findRunInThread } from '../../../src/db/runInThread.ts';
import { type JsonValue, type RunId, runId, runOptions } from '../../../src/domain.ts';
import { createDatabaseInTime, createTestDatabase, createWorkspace } from '../../support/database.ts';
import { newStepOf } from '../../support/views.ts';

test('the run of a thread is the newest one there that has ended, of this workspace alone, and a deleted one only if there is no other', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const here = await createWorkspace(database, 100, 'slack:T1');
  const elsewhere = await createWorkspace(database, 100, 'slack:T2');
  /** A run that was created so many minutes after the thread began. */
  const made = async (minutes: number, conversation: JsonValue, rootTs: string, workspace = here): Promise<RunId> => {
    const id = runId.parse(crypto.randomUUID());
    const inserted = await insertRun(db, {
      id,
      workspaceId: workspace.id,
      requestKey: id,
      memberId: 'U1',
      memberName: 'Ada',
      workflow: 'image',
      prompt: 'a fox',
      options: runOptions.parse({}),
      conversation,
      steps: [newStepOf('image', { number: 1, inputs: [] })],
      input: null,
    });
    expect(inserted.outcome).toBe('accepted');
    await db.execute(sql`
      UPDATE runs SET created_at = to_timestamp(1700000000.5) + make_interval(mins => ${minutes}),
        posted_messages = ${JSON.stringify({ rootTs, files: {} })}::jsonb WHERE id = ${id}`);
    return id;
  };
  const ts = '1700000000.500000';
  const find = (channel = 'C1', threadTs = ts) =>
    findRunInThread(db, here.id, {
      postedAt: new Date(Number(threadTs) * 1_000),
      traces: [
        { conversation: { channel, threadTs }, posted: {} },
        { conversation: { channel }, posted: { rootTs: threadTs } },
      ],
    });
  const settle = (id: RunId) =>
    db.execute(
      sql`UPDATE runs SET state = 'failed', settled_at = now(), captured_credits = 0, released_credits = price_credits WHERE id = ${id}`,
    );

  await made(-1, { channel: 'C1', threadTs: null }, ts, elsewhere);
  await made(-1, { channel: 'C2', threadTs: null }, ts);
  expect(await find()).toBeNull();
  const opener = await made(-300, { channel: 'C1', threadTs: null, locale: 'en' }, ts);
  expect(await find()).toBe(opener);
  const started = await made(90, { channel: 'C1', threadTs: ts }, '1700005400.000000');
  expect(await find()).toBe(started);
  await settle(opener);
  expect(await find()).toBe(opener);
  await settle(started);
  expect(await find()).toBe(started);
  await db.execute(sql`UPDATE runs SET deleted_at = now() WHERE id = ${started}`);
  expect(await find()).toBe(opener);

  // A run that was made of them is found by them, however many runs came since, if it posts there too.
  const child = await made(200, { channel: 'C1', threadTs: ts }, '1700012000.000000');
  const grandchild = await made(300, { channel: 'C1', threadTs: null }, '1700018000.000000');
  await db.execute(sql`UPDATE runs SET parent_id = CASE id WHEN ${child} THEN ${opener} ELSE ${child} END::uuid
    WHERE id IN (${child}, ${grandchild})`);
  for (const one of [child, grandchild]) await settle(one);
  const newer = { conversation: { channel: 'C2' }, created_at: new Date().toISOString(), parent_id: null };
  await db.execute(sql`INSERT INTO runs SELECT (jsonb_populate_record(r, ${JSON.stringify(newer)}::jsonb
    || jsonb_build_object('id', gen_random_uuid(), 'request_key', 'newer ' || n))).* FROM runs r, generate_series(1, 1001) n
    WHERE r.id = ${grandchild}`);
  expect(await find()).toBe(child);
  await db.execute(sql`UPDATE runs SET deleted_at = now() WHERE id = ${child}`);
  expect(await find()).toBe(opener);
  // A member who replies to it learns that it was deleted, and gets no answer about another run.
  await db.execute(sql`UPDATE runs SET deleted_at = now() WHERE id = ${opener}`);
  expect(await find()).toBe(child);
  // The first message of a run within another thread opens no thread.
  expect(await find('C1', '1700005400.000001')).toBeNull();
});

test('an event is answered by one of many processes, and its claim is forgotten after an hour', async () => {
  const { db, advance } = await createDatabaseInTime();
  const claims = await Promise.all(Array.from({ length: 8 }, () => claimAnswer(db, 'slack C1 1.1')));
  expect(claims.filter((isFirst) => isFirst)).toHaveLength(1);
  expect(await claimAnswer(db, 'slack C1 1.2')).toBe(true);
  await advance('61 minutes');
  expect(await claimAnswer(db, 'slack C1 1.3')).toBe(true);
  expect(await db.execute(sql`SELECT key FROM rate_limits`)).toHaveLength(1);
});
