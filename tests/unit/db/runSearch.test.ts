import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Database } from '../../../src/db/client.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { findRuns } from '../../../src/db/operator.ts';
import { membersOf, type RunSearch, searchRuns } from '../../../src/db/runSearch.ts';
import { listRuns } from '../../../src/db/runs.ts';
import { type RunId, runId, workspaceId } from '../../../src/domain.ts';
import { createTestDatabase } from '../../support/database.ts';
import { large, members, oldestWords, words, writeHistory } from '../../support/history.ts';

const home = workspaceId.parse(large);
const ids = z.array(z.object({ id: runId }));

/** All pages of a search, and how many there were. */
async function pagesOf({ db }: Database, search: Omit<RunSearch, 'after'>): Promise<{ found: RunId[]; pages: number }> {
  const found: RunId[] = [];
  let after: RunId | null = null;
  for (let pages = 1; ; pages += 1) {
    const page = await searchRuns(db, home, { ...search, ...(after === null ? {} : { after }) });
    expect(page.runs.length).toBeLessThanOrEqual(search.limit);
    found.push(...page.runs.map(({ run }) => run.id));
    if (page.next === null) return { found, pages };
    after = page.next;
  }
}

test('a search finds what it would find in the whole history, newest first, and a page never reads all of it', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  // 4,500 runs in the large workspace: more than a page reads.
  await writeHistory(database.url, { runs: 9_000, every: 2, members: 50, unfinished: 100 });
  expect(await checkInvariants(db, { atRest: false })).toEqual([]);
  await db.execute(sql`UPDATE runs SET prompt = 'GRÜSSE an den Straßenfuchs 🦊' WHERE id IN (
    SELECT id FROM runs WHERE workspace_id = ${home} ORDER BY created_at LIMIT 3)`);
  // An old run that is settled and not delivered, and one that is not settled. The index of words has neither.
  await db.execute(sql`UPDATE runs SET delivered_at = NULL, due_at = now(), prompt = 'an undelivered zeppelin' WHERE id = (
    SELECT id FROM runs WHERE workspace_id = ${home} ORDER BY created_at OFFSET 5 LIMIT 1)`);
  await db.execute(sql`UPDATE runs SET state = 'running', settled_at = NULL, delivered_at = NULL, due_at = now(),
    prompt = 'an unsettled zeppelin' WHERE id = (SELECT id FROM runs WHERE workspace_id = ${home} ORDER BY created_at OFFSET 6 LIMIT 1)`);
  await db.execute(sql`UPDATE runs SET state = 'failed' WHERE id IN (
    SELECT id FROM runs WHERE workspace_id = ${home} ORDER BY created_at OFFSET 20 LIMIT 2)`);
  await db.execute(sql`ANALYZE runs`);
  const naive = async (condition: ReturnType<typeof sql>) =>
    ids
      .parse(
        await db.execute(
          sql`SELECT id FROM runs WHERE workspace_id = ${home} AND ${condition} ORDER BY created_at DESC, id DESC`,
        ),
      )
      .map(({ id }) => id);
  const said = [
    'zeppelin',
    'ZEPPELIN',
    oldestWords,
    '猫',
    'grüsse',
    'ÜSSE',
    'straßen',
    '🦊',
    words.none,
    'zz',
    '%',
    '_',
    'ß',
    `no ${'0'.repeat(9)}`,
  ];
  for (const one of said) {
    const expected = await naive(sql`prompt ILIKE ${`%${one.replace(/[\\%_]/g, '\\$&')}%`}`);
    const { found, pages } = await pagesOf(database, { limit: 24, words: one });
    expect({ one, found }).toEqual({ one, found: expected });
    // Shorter words than three bytes are looked for page by page.
    expect({ one, pages }).toEqual({ one, pages: Buffer.byteLength(one) < 3 ? 3 : 1 });
  }
  const common = await naive(sql`prompt LIKE ${`%${words.common}%`}`);
  expect(common.length).toBeGreaterThan(300);
  expect((await pagesOf(database, { limit: 100, words: words.common })).found).toEqual(common);
  expect((await pagesOf(database, { limit: 100, states: ['failed'] })).found).toEqual(
    await naive(sql`state = 'failed'`),
  );
  expect(await pagesOf(database, { limit: 24, states: ['canceled'] })).toEqual({ found: [], pages: 3 });
  const many = { memberId: members.many, words: words.common };
  const ofMember = await naive(sql`member_id = ${members.many} AND prompt LIKE ${`%${words.common}%`}`);
  expect((await pagesOf(database, { limit: 24, ...many })).found).toEqual(ofMember);
  const unfinished = await naive(sql`settled_at IS NULL`);
  expect((await pagesOf(database, { limit: 24, states: ['queued', 'running'] })).found).toEqual(unfinished);
  expect((await pagesOf(database, { limit: 24, states: ['running'], words: 'zeppelin' })).found).toHaveLength(1);

  // The same for lists and for members.
  expect((await listRuns(db, home, { limit: 30, unfinished: true })).map(({ run }) => run.id)).toEqual(
    unfinished.slice(0, 30),
  );
  expect((await listRuns(db, home, { limit: 30, memberId: members.few })).map(({ run }) => run.id)).toEqual(
    await naive(sql`member_id = ${members.few}`),
  );
  const known =
    await db.execute(sql`SELECT member_id AS id, (array_agg(member_name ORDER BY created_at DESC))[1] AS name FROM runs
    WHERE workspace_id = ${home} GROUP BY member_id ORDER BY max(created_at) DESC, member_id`);
  expect(await membersOf(db, home)).toEqual([...known]);
  const everywhere = ids
    .parse(await db.execute(sql`SELECT id FROM runs ORDER BY created_at DESC LIMIT 50`))
    .map(({ id }) => id);
  expect((await findRuns(db, { limit: 50 })).runs.map(({ id }) => id)).toEqual(everywhere);
  expect(await findRuns(db, { limit: 50, state: 'canceled' })).toMatchObject({ runs: [], isCut: true });
  const smaller = { limit: 50, state: 'canceled', workspaceId: workspaceId.parse('terminal:w1') } as const;
  expect(await findRuns(db, smaller)).toEqual({ runs: [], isCut: false });
});
