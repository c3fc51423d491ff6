import { createHash } from 'node:crypto';
import { and, eq, like, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { RunId, WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import { proposals, runs } from './schema.ts';

export type Proposal = typeof proposals.$inferSelect;
type NewProposal = Omit<Proposal, 'id' | 'createdAt'>;

const startedBy = 'proposal:';

/** The request key of the run that carries a proposal out. So there is one, however often its button is pressed. */
export const proposalKey = ({ id }: Pick<Proposal, 'id'>): string => `${startedBy}${id}`;

/** Lets a proposal be carried out again, because the run that did it was taken back. */
export async function reopenProposal(tx: Tx, id: RunId): Promise<void> {
  await tx
    .update(runs)
    .set({ requestKey: sql`'withdrawn:' || ${runs.id}` })
    .where(and(eq(runs.id, id), like(runs.requestKey, `${startedBy}%`)));
}

/** In place of the number of a step: the image that a member gave to the run. Steps are numbered from 1. */
export const givenImage = 0;

/**
 * Keeps what VidGenie understood of a member's words, and returns its id. A command that is delivered twice keeps one proposal, so its
 * two cards start one run. Nothing is kept about a run that was deleted meanwhile.
 */
export async function saveProposal(tx: Tx, requestKey: string, proposal: NewProposal): Promise<string> {
  const { workspaceId, runId, step, memberId, change, words, motion } = proposal;
  const facts = JSON.stringify([requestKey, workspaceId, runId, step, memberId, change, words, motion]);
  const digest = createHash('sha256').update(facts).digest('hex');
  const id = z.uuid().parse(
    // The marks of a UUID that somebody has computed (version 8).
    digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5'),
  );
  // The lock keeps the run from being deleted meanwhile. Whoever deletes it afterwards deletes the words, too.
  await tx.execute(sql`
    INSERT INTO proposals (id, workspace_id, run_id, step_number, member_id, change, words, motion)
    SELECT ${id}::uuid, ${workspaceId}, id, ${step}::int, ${memberId}, ${change}, ${words}, ${motion}::text
    FROM runs WHERE id = ${runId}::uuid AND deleted_at IS NULL FOR SHARE
    ON CONFLICT DO NOTHING`);
  return id;
}

/** A proposal of a workspace. Null if there is none with this id, for example because its run was deleted. */
export async function findProposal(tx: Tx, workspaceId: WorkspaceId, id: string): Promise<Proposal | null> {
  const known = z.uuid().safeParse(id);
  if (!known.success) return null;
  const [found] = await tx
    .select()
    .from(proposals)
    .where(and(eq(proposals.id, known.data), eq(proposals.workspaceId, workspaceId)));
  return found ?? null;
}
