import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type RunId, runId, type WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';

/** The most runs of a family that are listed. */
export const maxVersions = 50;

/** The most runs that are looked at. A family can have more of other members. */
const maxLookedAt = 500;

type Wish = {
  id: RunId;
  workspaceId: WorkspaceId;
  /** Only runs of this member. Undefined: everybody's. */
  memberId: string | undefined;
};

const found = z.array(z.object({ id: runId }));

/**
 * The runs of a workspace that are connected with a run, as what it was made of and what was made of it, itself included. The oldest
 * comes first. If there are too many, the nearest ones are listed. Deleted runs connect others, but are not listed.
 */
export async function familyOf(tx: Tx, wish: Wish): Promise<RunId[]> {
  return found.parse(await tx.execute(familyQuery(wish))).map(({ id }) => id);
}

/**
 * The recursion yields the nearest runs first, and PostgreSQL continues it only as far as the limits ask for rows. Each step of it
 * takes two indexes: the primary key for the parent, and `runs_by_parent` for the children.
 */
export const familyQuery = ({ id, workspaceId, memberId }: Wish): SQL => sql`
  WITH RECURSIVE family AS (
    SELECT id, parent_id, member_id, created_at, deleted_at FROM runs WHERE id = ${id}::uuid AND workspace_id = ${workspaceId}
    UNION
    SELECT near.* FROM family CROSS JOIN LATERAL (
      SELECT id, parent_id, member_id, created_at, deleted_at FROM runs
      WHERE id = family.parent_id AND workspace_id = ${workspaceId}
      UNION ALL
      SELECT id, parent_id, member_id, created_at, deleted_at FROM runs
      WHERE parent_id = family.id AND workspace_id = ${workspaceId}
    ) near
  )
  SELECT id FROM (
    SELECT id, created_at FROM (SELECT * FROM family LIMIT ${maxLookedAt}) looked_at
    WHERE deleted_at IS NULL AND ${memberId === undefined ? sql`true` : sql`member_id = ${memberId}`}
    LIMIT ${maxVersions}
  ) nearest
  ORDER BY created_at, id`;
