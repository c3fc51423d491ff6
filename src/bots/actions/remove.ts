import { deleteProposals } from '../../db/purge.ts';
import { loadRun, markDeleted, type RunView } from '../../db/runs.ts';
import { platformOf } from '../../domain.ts';
import { textCard } from '../card.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { textOf } from '../text.ts';
import { mayEnd } from './permission.ts';

/** A card for the requester, and the run as it is now. The platform uses it to take back its messages about the run. */
export type Deleted = { kind: 'deleted'; card: Extract<Answer, { kind: 'card' }>['card']; view: RunView };

/**
 * Removes the results of a run, and the image that it was given, from the store for good. A repeated call removes what an
 * earlier one left.
 */
export async function deleteRun(request: CommandRequest, view: RunView): Promise<Answer | Deleted> {
  const { services, locale } = request;
  if (!mayEnd(view.run, request)) return { kind: 'refusal', refusal: { reason: 'not_your_run', wish: 'delete' } };
  const byWorker = platformOf(view.run) !== (request.platform ?? request.workspace.platform);
  if ((await markDeleted(services.db, view.run.id, { byWorker })) === 'unsettled') {
    return { kind: 'refusal', refusal: { reason: 'still_at_work' } };
  }
  if (byWorker) services.wake();
  await deleteProposals(services.db, view.run.id);
  // A delivery may have posted more until the run was marked. What it posts from then on, it takes back itself.
  const deleted = (await loadRun(services.db, view.run.id)) ?? view;
  for (const asset of deleted.assets) await services.store.remove(asset.objectKey);
  const { title, done } = textOf(locale).runs.deleted;
  return { kind: 'deleted', card: textCard('plain', title, done), view: deleted };
}
