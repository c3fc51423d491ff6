import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type RunId, runId, type WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import { loadRun, type Run, type RunView } from './runs.ts';
import { runs } from './schema.ts';

export type FoundRun = { outcome: 'found'; view: RunView } | { outcome: 'none' } | { outcome: 'ambiguous' };

/** The columns that say who owns a run and where it posts. */
const subjectOf = {
  id: runs.id,
  workspaceId: runs.workspaceId,
  memberId: runs.memberId,
  platform: runs.platform,
  conversation: runs.conversation,
  postedMessages: runs.postedMessages,
};
type Subject = Pick<Run, keyof typeof subjectOf>;

/** The first and the last id that begin like a reference. Null if it is no beginning of an id, or one of fewer than four digits. */
function idsLike(reference: string): { first: string; last: string } | null {
  const digits = reference.toLowerCase().replaceAll('-', '');
  return /^[0-9a-f]{4,32}$/.test(digits) ? { first: digits.padEnd(32, '0'), last: digits.padEnd(32, 'f') } : null;
}

/**
 * Finds a workspace's run by its id, or by the first characters of its id (at least four). `isVisible` says which runs the member
 * may see. Other runs do not count, not even to make the reference ambiguous.
 */
export async function findRun(
  tx: Tx,
  workspaceId: WorkspaceId,
  reference: string,
  isVisible: (run: Subject) => boolean,
): Promise<FoundRun> {
  const ids = idsLike(reference);
  if (ids === null) return { outcome: 'none' };
  // Ids are random, so even four characters leave few runs of all workspaces. The other order would read a workspace's whole history.
  const near = tx
    .$with('near')
    .as(
      tx.select(subjectOf).from(runs).where(sql`${runs.id} BETWEEN ${ids.first}::uuid AND ${ids.last}::uuid OFFSET 0`),
    );
  const matches = await tx.with(near).select().from(near).where(sql`${near.workspaceId} = ${workspaceId}`);
  const [first, second] = matches.filter(isVisible);
  if (second) return { outcome: 'ambiguous' };
  const view = first ? await loadRun(tx, first.id) : null;
  return view ? { outcome: 'found', view } : { outcome: 'none' };
}

const found = z.array(z.object({ id: runId }));

/** A run of any workspace, by the beginning of its id. */
export async function findRunAnywhere(tx: Tx, reference: string): Promise<RunView | 'none' | 'ambiguous'> {
  const ids = idsLike(reference);
  if (ids === null) return 'none';
  const [first, second]: { id: RunId }[] = found.parse(
    await tx.execute(sql`SELECT id FROM runs WHERE id BETWEEN ${ids.first}::uuid AND ${ids.last}::uuid LIMIT 2`),
  );
  if (second) return 'ambiguous';
  return (first ? await loadRun(tx, first.id) : null) ?? 'none';
}
