import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { listTransactions } from '../../src/db/credits.ts';
import { usageOf, usedByDay, usedByMember } from '../../src/db/creditUse.ts';
import { findRun } from '../../src/db/findRun.ts';
import { findRuns } from '../../src/db/operator.ts';
import { membersOf, searchRuns } from '../../src/db/runSearch.ts';
import { listRuns } from '../../src/db/runs.ts';
import { dispatchDue } from '../../src/db/turns.ts';
import { runId, workspaceId } from '../../src/domain.ts';
import { large, members, oldestWords, words, writeHistory } from '../../tests/support/history.ts';
import { type Figure, median, quantile, type Row, repeated } from '../figure.ts';
import { openSubmitter, submissionIn, submitOne } from '../stage/people.ts';
import type { Stage } from '../stage/stage.ts';
import { measureUpkeep } from './upkeep.ts';

const times = 40;
const home = workspaceId.parse(large);
const page = { limit: 24 };
const stuckAfter = { overdueSeconds: 60, vainTurns: 6 };

type Read = { what: string; atMost: number; read: (database: Database, time: number) => Promise<unknown> };

/** What members and operators look at. The reach is in milliseconds. */
const reads: readonly Read[] = [
  {
    what: 'find a run by 8 characters',
    atMost: 10,
    read: ({ db }, n) => findRun(db, home, idOf(n).slice(0, 8), () => true),
  },
  {
    what: 'find a run by 4 characters',
    atMost: 10,
    read: ({ db }, n) => findRun(db, home, idOf(n).slice(0, 4), () => true),
  },
  {
    what: 'history of a member with few runs',
    atMost: 10,
    read: ({ db }) => listRuns(db, home, { limit: 10, memberId: members.few }),
  },
  {
    what: 'history of a member with many runs',
    atMost: 10,
    read: ({ db }) => listRuns(db, home, { limit: 10, memberId: members.many }),
  },
  { what: 'usage of 30 days', atMost: 20, read: ({ db }) => usageOf(db, home) },
  { what: 'daily use', atMost: 20, read: ({ db }) => usedByDay(db, home, 30) },
  {
    what: 'use of 30 days by member',
    atMost: 20,
    read: ({ db }) => usedByMember(db, home, { days: 30, memberId: undefined }),
  },
  { what: 'ledger, first page', atMost: 10, read: ({ db }) => listTransactions(db, home, { limit: 50 }) },
  { what: 'members of a workspace', atMost: 20, read: ({ db }) => membersOf(db, home) },
  { what: 'gallery, first page', atMost: 10, read: ({ db }) => searchRuns(db, home, page) },
  {
    what: 'gallery, an old page',
    atMost: 10,
    read: ({ db }, n) => searchRuns(db, home, { ...page, after: runId.parse(idOf(n)) }),
  },
  { what: 'gallery, videos', atMost: 50, read: ({ db }) => searchRuns(db, home, { ...page, made: 'video' }) },
  {
    what: 'search that finds many',
    atMost: 50,
    read: ({ db }) => searchRuns(db, home, { ...page, words: words.common }),
  },
  {
    what: 'search that finds nothing',
    atMost: 50,
    read: ({ db }) => searchRuns(db, home, { ...page, words: words.none }),
  },
  {
    what: 'search that finds the oldest run',
    atMost: 50,
    read: ({ db }) => searchRuns(db, home, { ...page, words: oldestWords }),
  },
  {
    what: 'search for two letters that no run has',
    atMost: 50,
    read: ({ db }) => searchRuns(db, home, { ...page, words: 'zz' }),
  },
  { what: '`runs list`', atMost: 10, read: ({ db }) => findRuns(db, { limit: 50 }) },
  { what: '`runs list --stuck`', atMost: 10, read: ({ db }) => findRuns(db, { limit: 50, stuckAfter }) },
];

/** The ids of runs of the large workspace, from all of its history. Filled when the rows are written. */
let ids: readonly string[] = [];
const idOf = (time: number): string => ids[time % ids.length] ?? '';

/** The history of an installation after a year, with `runs` runs. */
export const history = (runs: number): Figure => ({
  name: 'history',
  about: `what people look at, and upkeep, beside ${runs.toLocaleString('en')} runs of a year`,
  patienceMs: 10 * 60_000 + runs * 2,
  measure: async (stage) => {
    const installation = await stage.installation();
    const database = openDatabase(installation.url);
    stage.atEnd(database.close);
    const writtenMs = await written(database, runs);
    const rows: Row[] = [];
    for (const one of reads) rows.push(await measured(database, one));
    rows.push(...(await measureUpkeep(installation)), ...(await acceptedAndDispatched(stage, installation)));
    return [...rows, await sizeOf(database, runs, writtenMs)];
  },
});

async function measured(database: Database, { what, atMost, read }: Read): Promise<Row> {
  // PostgreSQL plans a statement of a connection anew until it was sent five times. Each connection of the pool is warm then.
  for (let time = 0; time < 60; time += 1) await read(database, time);
  const ms = await repeated(times, async (time) => {
    const began = performance.now();
    await read(database, time + 7);
    return performance.now() - began;
  });
  return {
    what,
    value: median(ms),
    unit: 'ms',
    goal: { atMost },
    beside: [{ what: 'p95', value: quantile(ms, 0.95), unit: 'ms' }],
  };
}

async function acceptedAndDispatched(
  stage: Stage,
  installation: Awaited<ReturnType<Stage['installation']>>,
): Promise<Row[]> {
  const submitter = await openSubmitter(stage, installation);
  const timed = (once: () => Promise<unknown>) =>
    repeated(200, async () => {
      const began = performance.now();
      await once();
      return performance.now() - began;
    });
  const submit = () => submitOne(submitter, submissionIn('large'));
  await timed(submit);
  const accepting = await timed(submit);
  const dispatching = await timed(() => dispatchDue(submitter.database.db, 1, 60_000));
  const rowOf = (what: string, ms: readonly number[]): Row => ({
    what,
    value: median(ms),
    unit: 'ms',
    goal: null,
    beside: [{ what: 'p95', value: quantile(ms, 0.95), unit: 'ms' }],
  });
  return [rowOf('accepting a command in that database', accepting), rowOf('dispatching in that database', dispatching)];
}

const sizes = z.tuple([z.object({ all: z.coerce.number(), words: z.coerce.number(), member: z.coerce.number() })]);

async function sizeOf({ db }: Database, runs: number, writtenMs: number): Promise<Row> {
  const [{ all, words: ofWords, member }] = sizes.parse([
    ...(await db.execute(sql`SELECT pg_database_size(current_database()) AS all,
      pg_relation_size('runs_by_words') AS words, pg_relation_size('runs_by_member') AS member`)),
  ]);
  return {
    what: 'database per run',
    value: all / runs / 1_000,
    unit: 'kB',
    goal: null,
    beside: [
      { what: 'index of words', value: ofWords / runs / 1_000, unit: 'kB' },
      { what: 'index of members', value: member / runs / 1_000, unit: 'kB' },
      { what: 'written in', value: writtenMs / 1_000, unit: 's' },
    ],
  };
}

const definitions = z.array(z.object({ name: z.string(), definition: z.string() }));

/** Every random id that is written into a large index would otherwise write its whole page once more, to the log. */
const whileWriting = ['full_page_writes = off', "max_wal_size = '8GB'"];

/** Writes the rows without the indexes that need not be there, and builds those afterwards: it takes a third of the time. */
async function written({ db, url }: Database, runs: number): Promise<number> {
  const began = performance.now();
  const indexes = definitions.parse(
    await db.execute(sql`
      SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index i
      WHERE indrelid IN ('runs'::regclass, 'steps'::regclass, 'assets'::regclass, 'credit_transactions'::regclass)
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`),
  );
  for (const { name } of indexes) await db.execute(sql.raw(`DROP INDEX ${name}`));
  for (const setting of whileWriting) await db.execute(sql.raw(`ALTER SYSTEM SET ${setting}`));
  await db.execute(sql`SELECT pg_reload_conf()`);
  await writeHistory(url, { runs, every: 5, members: 1_000, unfinished: 500 });
  for (const { definition } of indexes) await db.execute(sql.raw(definition));
  for (const setting of whileWriting) await db.execute(sql.raw(`ALTER SYSTEM RESET ${setting.split(' ')[0]}`));
  await db.execute(sql`SELECT pg_reload_conf()`);
  await db.execute(sql`ANALYZE`);
  await db.execute(sql`CHECKPOINT`);
  const some = await db.execute(sql`
    SELECT id FROM runs WHERE workspace_id = ${home} ORDER BY created_at OFFSET ${Math.round(runs / 20)}::int LIMIT 50`);
  ids = z
    .array(z.object({ id: z.string() }))
    .parse(some)
    .map(({ id }) => id);
  return performance.now() - began;
}
