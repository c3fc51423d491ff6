import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type RunId, type RunState, runId, type WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import { loadRuns, type RunView } from './runs.ts';

export type RunSearch = {
  limit: number;
  /** The run at which the previous page ended. */
  after?: RunId | undefined;
  memberId?: string | undefined;
  /** Only runs that made such a thing and still have it. */
  made?: 'image' | 'video' | undefined;
  states?: readonly RunState[] | undefined;
  /** Text that the prompt contains, in upper or lower case. */
  words?: string | undefined;
};

/** Runs, newest first. `next` is the run after which the search continues. Null: that was all. */
export type RunPage = { runs: RunView[]; next: RunId | null };

/**
 * How many runs a page reads at most, one after the other. A page that has read so many ends there, with what it has found by then.
 * So no search reads the whole history of a workspace.
 */
const maxRead = 2_000;

/** How many runs with some words a page reads at most, by the index of words. */
const maxWithWords = 5_000;

/** A page of a workspace's runs. It may hold fewer runs than `limit`, even none, although there are more. */
export async function searchRuns(tx: Tx, workspaceId: WorkspaceId, search: RunSearch): Promise<RunPage> {
  const { limit } = search;
  const { ids, readTo } = await findPage(tx, workspaceId, search);
  const listed = ids.slice(0, limit);
  const next = ids.length > limit ? (listed.at(-1) ?? null) : readTo;
  return { runs: await loadRuns(tx, listed), next };
}

/** At most one id more than the page holds. `readTo` is the last run that was read, null if there is none after it. */
type Found = { ids: RunId[]; readTo: RunId | null };

async function findPage(tx: Tx, workspaceId: WorkspaceId, search: RunSearch): Promise<Found> {
  const { limit, words } = search;
  if (isOfUnfinished(search)) return { ids: await findUnfinished(tx, workspaceId, search), readTo: null };
  const { ids, readTo } = await findNewest(tx, scopeOf(workspaceId, search), wishesOf(search), limit + 1);
  if (readTo === null || words === undefined) return { ids, readTo };
  const older = await findByWords(tx, workspaceId, { ...search, words, after: readTo });
  return older === null ? { ids, readTo } : { ids: [...ids, ...older], readTo: null };
}

const found = z.array(z.object({ id: runId }));
const columns = sql.raw('id, workspace_id, member_id, state, prompt, created_at, deleted_at');
const newestFirst = sql.raw('ORDER BY r.created_at DESC, r.id DESC');

/** The runs `r` among which a search looks. */
function scopeOf(workspaceId: WorkspaceId, { memberId, after }: RunSearch): SQL {
  const own = (alias: string) =>
    memberId === undefined
      ? sql`${sql.raw(alias)}.workspace_id = ${workspaceId}`
      : sql`${sql.raw(alias)}.workspace_id = ${workspaceId} AND ${sql.raw(alias)}.member_id = ${memberId}`;
  // If `after` names a run of another workspace or of another member, the comparison is null and the page is empty.
  return after === undefined
    ? own('r')
    : sql`${own('r')} AND (r.created_at, r.id) < (SELECT c.created_at, c.id FROM runs c WHERE c.id = ${after} AND ${own('c')})`;
}

/** The conditions of a search on a run `r`, besides its scope. */
function wishesOf({ made, states, words }: RunSearch): SQL[] {
  return [
    ...(states
      ? [
          sql`r.state IN (${sql.join(
            states.map((state) => sql`${state}`),
            sql`, `,
          )})`,
        ]
      : []),
    ...(words === undefined ? [] : [sql`strpos(lower(r.prompt), lower(${words})) > 0`]),
    ...(made
      ? [
          sql`r.deleted_at IS NULL`,
          // The offset keeps PostgreSQL from reading all assets before the first run.
          sql`EXISTS (SELECT FROM assets a WHERE a.run_id = r.id AND a.kind = ${made} AND a.step_number IS NOT NULL OFFSET 0)`,
        ]
      : []),
  ];
}

const whereAll = (conditions: readonly SQL[]): SQL =>
  conditions.length === 0 ? sql`` : sql`WHERE ${sql.join([...conditions], sql` AND `)}`;

const newest = z.array(z.object({ id: runId, isWished: z.boolean(), isLast: z.boolean() }));

/** The newest runs with all that is wished, among the newest {@link maxRead}. PostgreSQL reads only until it has enough. */
async function findNewest(tx: Tx, scope: SQL, wishes: readonly SQL[], count: number): Promise<Found> {
  const most = sql.raw(String(wishes.length === 0 ? count : maxRead));
  const isWished = wishes.length === 0 ? sql`true` : sql.join([...wishes], sql` AND `);
  const rows = newest.parse(
    await tx.execute(sql`
      SELECT id, "isWished", nth = ${most} AS "isLast" FROM (
        SELECT id, ${isWished} AS "isWished", row_number() OVER () AS nth
        FROM (SELECT ${columns} FROM runs r WHERE ${scope} ${newestFirst} LIMIT ${most}) AS r
      ) AS looked_at
      WHERE "isWished" OR nth = ${most} LIMIT ${count}::int`),
  );
  const ids = rows.filter((row) => row.isWished).map(({ id }) => id);
  const last = rows.at(-1);
  return { ids, readTo: last?.isLast === true && ids.length < count ? last.id : null };
}

const unfinished: readonly RunState[] = ['queued', 'running'];
const isOfUnfinished = ({ states }: RunSearch): boolean =>
  states?.every((state) => unfinished.includes(state)) ?? false;

/** The unfinished runs of a workspace are few beside its history, and an index has them. */
async function findUnfinished(tx: Tx, workspaceId: WorkspaceId, search: RunSearch): Promise<RunId[]> {
  const rows = await tx.execute(sql`
    WITH unfinished AS MATERIALIZED (
      SELECT ${columns} FROM runs WHERE workspace_id = ${workspaceId} AND settled_at IS NULL
    )
    SELECT id FROM unfinished r ${whereAll([scopeOf(workspaceId, search), ...wishesOf(search)])}
    ${newestFirst} LIMIT ${search.limit + 1}::int`);
  return found.parse(rows).map(({ id }) => id);
}

const byWords = z.tuple([z.object({ ids: z.array(runId).nullable() })]);

/**
 * The newest runs of a workspace with some words and all else that is wished, by the index of words and among the undelivered runs,
 * which it does not have. Null if the words are too short for the index, or if it finds more runs than a page may read.
 */
async function findByWords(
  tx: Tx,
  workspaceId: WorkspaceId,
  search: RunSearch & { words: string },
): Promise<RunId[] | null> {
  const keys = sql`search_keys(${workspaceId}, ${search.words})`;
  const rows = await tx.execute(sql`
    WITH delivered AS MATERIALIZED (
      SELECT ${columns} FROM runs
      WHERE delivered_at IS NOT NULL AND search_keys(workspace_id, prompt) @> ${keys} LIMIT ${maxWithWords + 1}::int
    ), undelivered AS MATERIALIZED (
      SELECT ${columns} FROM runs WHERE workspace_id = ${workspaceId} AND settled_at IS NULL
      UNION ALL
      SELECT ${columns} FROM runs WHERE workspace_id = ${workspaceId} AND settled_at IS NOT NULL AND delivered_at IS NULL
    )
    SELECT CASE WHEN ${keys} IS NOT NULL AND (SELECT count(*) FROM delivered) <= ${maxWithWords}::int THEN
      to_jsonb(ARRAY(
        SELECT r.id FROM (TABLE delivered UNION ALL TABLE undelivered) AS r
        ${whereAll([scopeOf(workspaceId, search), ...wishesOf(search)])} ${newestFirst} LIMIT ${search.limit + 1}::int
      )) END AS ids`);
  return byWords.parse([...rows])[0].ids;
}

export type KnownMember = { id: string; name: string };

/** How many members are looked at, and how many of them are listed. */
const members = { lookedAt: 2_000, listed: 500 };

const known = z.array(z.object({ id: z.string(), name: z.string() }));

/**
 * The members who started runs in a workspace, under their latest names, the one with the newest run first. One index probe finds the
 * next member with their newest run. The runs in between are not read.
 */
export async function membersOf(tx: Tx, workspaceId: WorkspaceId): Promise<KnownMember[]> {
  const newestOf = (which: SQL) => sql`
    SELECT member_id, member_name, created_at FROM runs WHERE workspace_id = ${workspaceId} AND ${which}
    ORDER BY member_id DESC, created_at DESC LIMIT 1`;
  // The runs of a purged workspace have an empty member.
  const rows = await tx.execute(sql`
    WITH RECURSIVE member AS (
      (${newestOf(sql`member_id > ''`)})
      UNION ALL
      SELECT next.* FROM member CROSS JOIN LATERAL (${newestOf(sql`member_id > '' AND member_id < member.member_id`)}) next
    )
    SELECT member_id AS id, member_name AS name FROM (SELECT * FROM member LIMIT ${members.lookedAt}::int) looked_at
    ORDER BY created_at DESC, member_id LIMIT ${members.listed}::int`);
  return known.parse(rows);
}
