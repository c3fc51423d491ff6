import { markDeleted, type RunView } from '../../db/runs.ts';
import { textCard } from '../card.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { textOf } from '../text.ts';
import { mayEnd } from './permission.ts';

/** A card for whoever asked, and the run as it was: its face takes back what it said about it. */
export type Deleted = { kind: 'deleted'; card: Extract<Answer, { kind: 'card' }>['card']; view: RunView };

/** Removes what a run made, and the image that it was given, from the store for good. Repeated, it removes what an earlier try left. */
export async function deleteRun(request: CommandRequest, view: RunView): Promise<Answer | Deleted> {
  const { services, locale } = request;
  if (!mayEnd(view.run, request)) return { kind: 'refusal', refusal: { reason: 'not_your_run', wish: 'delete' } };
  if ((await markDeleted(services.db, view.run.id)) === 'unsettled') {
    return { kind: 'refusal', refusal: { reason: 'still_at_work' } };
  }
  for (const asset of view.assets) await services.store.remove(asset.objectKey);
  const { title, done } = textOf(locale).runs.deleted;
  return { kind: 'deleted', card: textCard('plain', title, done), view };
}
