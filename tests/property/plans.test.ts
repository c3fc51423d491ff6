import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Tx } from '../../src/db/client.ts';
import { listTransactions } from '../../src/db/credits.ts';
import { usageOf, usedByDay, usedByMember } from '../../src/db/creditUse.ts';
import { spentToday } from '../../src/db/dailyLimit.ts';
import { familyOf } from '../../src/db/family.ts';
import { findRun, findRunAnywhere } from '../../src/db/findRun.ts';
import { runOfRequest } from '../../src/db/insertRun.ts';
import { findRuns, ledgerPage, listWorkspaces } from '../../src/db/operator.ts';
import { unfinishedOf } from '../../src/db/purge.ts';
import { queuePositionOf } from '../../src/db/queuePosition.ts';
import { findRunInThread } from '../../src/db/runInThread.ts';
import { membersOf, searchRuns } from '../../src/db/runSearch.ts';
import { listRuns } from '../../src/db/runs.ts';
import { readFigures } from '../../src/db/stats.ts';
import { usualDuration } from '../../src/db/usualDurations.ts';
import { runId, workspaceId } from '../../src/domain.ts';
import { createTestDatabase } from '../support/database.ts';
import { large, members, oldestWords, words, writeHistory } from '../support/history.ts';
import { openExplained } from '../support/plans.ts';

// 4,000 runs in the large workspace: more than any statement may read.
const size = { runs: 12_000, every: 3, members: 100, unfinished: 40 };
const home = workspaceId.parse(large);
const small = workspaceId.parse('terminal:w1');
/** A run of the large workspace from the middle of its history. */
const old = runId.parse('17fedf6b-63ea-4573-871f-9886c9dc4381');
const year = 365 * 24 * 60 * 60_000;
const monthAgo = new Date(Date.now() - year / 12);
const page = { limit: 24 };
const stuckAfter = { overdueSeconds: 60, vainTurns: 6 };

/** Reads that return at most a page, and the number of rows of a table that a statement of theirs may read at most. */
const reads: Record<string, { most: number; read: (tx: Tx) => Promise<unknown> }> = {
  'a run by 8 characters': { most: 30, read: (tx) => findRun(tx, home, old.slice(0, 8), () => true) },
  'a run by 4 characters': { most: 30, read: (tx) => findRun(tx, home, old.slice(0, 4), () => true) },
  'a run of any workspace': { most: 30, read: (tx) => findRunAnywhere(tx, old.slice(0, 8)) },
  'a run by its request': { most: 30, read: (tx) => runOfRequest(tx, `history:${old}`) },
  'the runs of a workspace': { most: 200, read: (tx) => listRuns(tx, home, page) },
  'the runs of a member with few': { most: 200, read: (tx) => listRuns(tx, home, { ...page, memberId: members.few }) },
  'the runs of a member with many': {
    most: 200,
    read: (tx) => listRuns(tx, home, { ...page, memberId: members.many }),
  },
  'the runs of nobody': { most: 200, read: (tx) => listRuns(tx, home, { ...page, memberId: 'nobody' }) },
  'the unfinished runs': { most: 200, read: (tx) => listRuns(tx, home, { limit: 1, unfinished: true }) },
  'the unfinished runs of a member without any': {
    most: 200,
    read: (tx) => listRuns(tx, home, { limit: 1, unfinished: true, memberId: members.few }),
  },
  'what was used': { most: 2_200, read: (tx) => usageOf(tx, home) },
  'what was used by day': { most: 2_200, read: (tx) => usedByDay(tx, home, 30) },
  'what was used by member': { most: 2_200, read: (tx) => usedByMember(tx, home, { days: 30, memberId: undefined }) },
  'what a member used': { most: 2_200, read: (tx) => usedByMember(tx, home, { days: 30, memberId: members.few }) },
  members: { most: 200, read: (tx) => membersOf(tx, home) },
  'the ledger': { most: 200, read: (tx) => listTransactions(tx, small, page) },
  'the ledger, an old page': { most: 200, read: (tx) => listTransactions(tx, small, { ...page, before: 20_000 }) },
  'the ledger of a workspace, for operators': {
    most: 200,
    read: (tx) => ledgerPage(tx, { workspaceId: small, after: 20_000, before: new Date(), limit: 24 }),
  },
  'the gallery': { most: 200, read: (tx) => searchRuns(tx, home, page) },
  'the gallery, an old page': { most: 200, read: (tx) => searchRuns(tx, home, { ...page, after: old }) },
  'the gallery of a member': { most: 200, read: (tx) => searchRuns(tx, home, { ...page, memberId: members.few }) },
  videos: { most: 2_100, read: (tx) => searchRuns(tx, home, { ...page, made: 'video' }) },
  'active runs': { most: 200, read: (tx) => searchRuns(tx, home, { ...page, states: ['queued', 'running'] }) },
  'failed runs, of which there are none': {
    most: 2_100,
    read: (tx) => searchRuns(tx, home, { ...page, states: ['failed'] }),
  },
  'words that many runs have': { most: 2_100, read: (tx) => searchRuns(tx, home, { ...page, words: words.common }) },
  'words that no run has': { most: 2_100, read: (tx) => searchRuns(tx, home, { ...page, words: words.none }) },
  'words that are too short for the index': {
    most: 2_100,
    read: (tx) => searchRuns(tx, home, { ...page, words: 'zz' }),
  },
  'words of the oldest run': { most: 2_100, read: (tx) => searchRuns(tx, home, { ...page, words: oldestWords }) },
  'words, of a member': {
    most: 2_100,
    read: (tx) => searchRuns(tx, home, { ...page, words: words.none, memberId: members.many }),
  },
  'the runs of all workspaces': { most: 200, read: (tx) => findRuns(tx, { limit: 50 }) },
  'the runs of a workspace, for operators': { most: 200, read: (tx) => findRuns(tx, { limit: 50, workspaceId: home }) },
  'stuck runs': { most: 200, read: (tx) => findRuns(tx, { limit: 50, stuckAfter }) },
  'stuck runs of a workspace': { most: 200, read: (tx) => findRuns(tx, { limit: 50, stuckAfter, workspaceId: home }) },
  'running runs of all workspaces': { most: 200, read: (tx) => findRuns(tx, { limit: 50, state: 'running' }) },
  'failed runs of all workspaces': { most: 15_100, read: (tx) => findRuns(tx, { limit: 50, state: 'failed' }) },
  workspaces: { most: 200, read: (tx) => listWorkspaces(tx, { after: '', limit: 100 }) },
  'the number of unfinished runs': { most: 200, read: (tx) => unfinishedOf(tx, home) },
  'what a member started today': {
    most: 200,
    read: (tx) => spentToday(tx, { workspaceId: home, memberId: members.many }, 3),
  },
  'the run of a thread': {
    most: 2_200,
    read: (tx) =>
      findRunInThread(tx, home, { postedAt: monthAgo, traces: [{ conversation: { channel: 'C0' }, posted: {} }] }),
  },
  'the run of a thread with many': {
    most: 4_400,
    read: (tx) =>
      findRunInThread(tx, home, {
        postedAt: monthAgo,
        traces: [{ conversation: { channel: 'C0123456789' }, posted: {} }],
      }),
  },
  'a family': { most: 200, read: (tx) => familyOf(tx, { id: old, workspaceId: home, memberId: undefined }) },
  'a position in the queue': {
    most: 200,
    read: (tx) => queuePositionOf(tx, old, { memberAtWork: 2, workspaceAtWork: 8 }),
  },
  'a usual duration': {
    most: 200,
    read: (tx) => usualDuration(tx, { provider: 'google', model: 'video-1', size: '720p 6s' }),
  },
  'the metrics': { most: 200, read: (tx) => readFigures(tx, 10_000) },
};

const big = ['runs', 'steps', 'assets', 'credit_transactions', 'credit_use'];

test('no read of a page reads a table from one end to the other, or the whole history of a workspace', async () => {
  const database = await createTestDatabase();
  await writeHistory(database.url, size);
  await database.db.execute(sql`VACUUM ANALYZE`);
  const wrong: string[] = [];
  for (const plans of ['auto', 'force_generic_plan'] as const) {
    const { readingsOf } = await openExplained(database.url, plans);
    for (const [name, { most, read }] of Object.entries(reads)) {
      const readings = await readingsOf(read);
      expect(readings, name).not.toEqual([]);
      for (const { statement, rows, whole } of readings) {
        for (const table of big) {
          const count = rows.get(table) ?? 0;
          if (whole.includes(table) || count > most)
            wrong.push(`${plans}, ${name}: ${count} of ${table}: ${statement}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});
