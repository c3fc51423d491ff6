import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { RunId, WorkspaceId } from '../domain.ts';
import { type Actor, recordChange } from './audit.ts';
import { closeAccess } from './auth.ts';
import type { Tx } from './client.ts';
import {
  apiTokens,
  assets,
  castEntries,
  creditAccounts,
  editBudgets,
  proposals,
  providerOrphans,
  runs,
  slackInstallations,
  steps,
  workspaces,
} from './schema.ts';
import { describeKeys, removeKey } from './vault.ts';
import { lockWorkspace } from './workspaces.ts';

/** The number of a workspace's runs that are unfinished or not delivered. A purge waits for them. */
export async function unfinishedOf(tx: Tx, id: WorkspaceId): Promise<number> {
  const own = eq(runs.workspaceId, id);
  // Each of the two has an index. No index has both.
  const unsettled = await tx.$count(runs, and(own, isNull(runs.settledAt)));
  return unsettled + (await tx.$count(runs, and(own, isNotNull(runs.settledAt), isNull(runs.deliveredAt))));
}

/** The store keys of the objects of a workspace's deleted runs, in pages of runs. Runs started after the purge are not included. */
export async function* mediaOfDeleted(tx: Tx, workspaceId: WorkspaceId): AsyncGenerator<string[]> {
  const isDeleted = and(eq(runs.workspaceId, workspaceId), isNotNull(runs.deletedAt));
  let after: RunId | null = null;
  for (;;) {
    const page: { id: RunId }[] = await tx
      .select({ id: runs.id })
      .from(runs)
      .where(
        and(
          isDeleted,
          after === null
            ? undefined
            : sql`(${runs.createdAt}, ${runs.id}) > (SELECT r.created_at, r.id FROM runs r WHERE r.id = ${after})`,
        ),
      )
      .orderBy(runs.createdAt, runs.id)
      .limit(200);
    const last = page.at(-1);
    if (!last) return;
    const found = await tx
      .select({ objectKey: assets.objectKey })
      .from(assets)
      .where(
        and(
          isNull(assets.erasedAt),
          inArray(
            assets.runId,
            page.map(({ id }) => id),
          ),
        ),
      );
    yield found.map(({ objectKey }) => objectKey);
    after = last.id;
  }
}

/** The store keys of the images of entries that were removed from a workspace's cast. */
export async function mediaOfRemovedCast(tx: Tx, workspaceId: WorkspaceId): Promise<string[]> {
  const rows = await tx
    .select({ images: castEntries.images })
    .from(castEntries)
    .where(
      and(eq(castEntries.workspaceId, workspaceId), isNotNull(castEntries.removedAt), isNull(castEntries.erasedAt)),
    );
  return rows.flatMap(({ images }) => images.map(({ objectKey }) => objectKey));
}

/** Deletes what VidGenie has proposed to do with the results of a run. */
export async function deleteProposals(tx: Tx, id: RunId): Promise<void> {
  await tx.delete(proposals).where(eq(proposals.runId, id));
}

/**
 * Deletes what a workspace entrusted to us: its keys, its name and settings, its cast, and all text, names and conversations of its runs.
 * It also ends every access on the workspace's behalf. The ledger stays, because it is a record of what happened. Its rows name
 * runs, but those runs hold no text any more. The purge marks the runs as deleted, so the sweeper removes their media even if
 * this process dies. A trigger takes the members out of `credit_use`. It refuses while a run is unfinished. You may repeat it.
 */
export async function purgeWorkspace(
  tx: Tx,
  id: WorkspaceId,
  by: Actor = null,
): Promise<{ outcome: 'purged' | 'unfinished'; runs: number }> {
  return await tx.transaction(async (inner) => {
    await lockWorkspace(inner, id);
    // This lock blocks submits, because a submit debits this row.
    await inner.select().from(creditAccounts).where(eq(creditAccounts.workspaceId, id)).for('update');
    const unfinished = await unfinishedOf(inner, id);
    if (unfinished > 0) return { outcome: 'unfinished', runs: unfinished };
    for (const { provider, purpose } of await describeKeys(inner, id)) {
      await removeKey(inner, { workspaceId: id, provider, purpose }, { actor: by, note: 'the workspace was purged' });
    }
    const ofWorkspace = inner.select({ id: runs.id }).from(runs).where(eq(runs.workspaceId, id));
    await inner
      .update(steps)
      .set({ handle: null, enhanced: null, usage: null, failure: sql`${steps.failure} || '{"detail": ""}'` })
      .where(inArray(steps.runId, ofWorkspace));
    await inner.update(providerOrphans).set({ handle: null }).where(inArray(providerOrphans.runId, ofWorkspace));
    const purged = await inner
      .update(runs)
      .set({
        memberId: '',
        memberName: '',
        prompt: '',
        // The words for the motion of a changed image.
        options: sql`${runs.options} || '{"motion": null}'`,
        cast: [],
        conversation: {},
        postedMessages: {},
        requestKey: sql`'purged:' || ${runs.id}`,
        deletedAt: sql`coalesce(${runs.deletedAt}, now())`,
        failure: sql`${runs.failure} || '{"detail": ""}'`,
        deliveryFailure: sql`${runs.deliveryFailure} || '{"detail": ""}'`,
      })
      .where(eq(runs.workspaceId, id))
      .returning({ id: runs.id });
    await inner
      .update(castEntries)
      .set({
        name: '',
        description: '',
        addedBy: '',
        addedByName: '',
        removedAt: sql`coalesce(${castEntries.removedAt}, now())`,
      })
      .where(eq(castEntries.workspaceId, id));
    await inner.delete(proposals).where(eq(proposals.workspaceId, id));
    await closeAccess(inner, id);
    await inner.update(apiTokens).set({ label: '', createdBy: '' }).where(eq(apiTokens.workspaceId, id));
    await inner.delete(slackInstallations).where(eq(slackInstallations.workspaceId, id));
    await inner.delete(proposals).where(eq(proposals.workspaceId, id));
    await inner.delete(editBudgets).where(eq(editBudgets.workspaceId, id));
    await inner.update(workspaces).set({ name: '', settings: {} }).where(eq(workspaces.id, id));
    await recordChange(inner, {
      workspaceId: id,
      action: 'workspace_purged',
      actor: by,
      details: { runs: purged.length },
    });
    return { outcome: 'purged', runs: purged.length };
  });
}
