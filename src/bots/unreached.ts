import type { RunView } from '../db/runs.ts';
import { assetOf, isReceived, resultsOf } from '../pipeline/graph.ts';

type Known = {
  /** True if the platform took this object, or a message with a link to it. The record of posted messages says so. */
  isReceived: (objectKey: string) => boolean;
  /** True if members can open the page (`PUBLIC_URL`). */
  hasPage: boolean;
};

/**
 * The numbers of the steps of a run whose results reached nobody. A clip that is part of a received film is received. A result
 * counts as received in two cases:
 * - Its platform took the file, in the conversation or as a direct message, or took a message with a link to it. A link is
 *   possible if media are in a bucket, or if a bot serves them at `PUBLIC_URL`.
 * - Members can fetch it from the page, which shows every run and its files, and needs `PUBLIC_URL`. A bucket alone is not
 *   enough here: without a message nobody learns the link, because `history` and `status` show none in chat.
 *
 * A small preview in a progress message is not the result. The better prompt is always received, because `status` shows it in
 * any conversation. A result that a member deleted, or whose retention is over, is gone for another reason and stays paid.
 */
export function unreachedSteps(view: RunView, { isReceived: isShared, hasPage }: Known): number[] {
  if (hasPage || view.run.deletedAt) return [];
  return view.steps.flatMap((step) => {
    const made = assetOf(view, step);
    const isLost =
      made !== null && made.removedAt === null && !isReceived(view, step, (asset) => isShared(asset.objectKey));
    return isLost ? [step.number] : [];
  });
}

/**
 * The numbers of the steps whose results nobody can fetch because these results cannot be shared: the steps themselves, and what
 * they are made of. A clip has a price and its film has none, so all of them are to be refunded. `isShared` says what its platform
 * took before.
 */
export function lostWith(view: RunView, lost: readonly number[], isShared: (objectKey: string) => boolean): number[] {
  const shown = resultsOf(view).filter(({ step }) => !lost.includes(step.number));
  const known = (objectKey: string) => isShared(objectKey) || shown.some(({ asset }) => asset.objectKey === objectKey);
  const parts = unreachedSteps(view, { isReceived: known, hasPage: false });
  return [...new Set([...lost, ...parts])].sort((a, b) => a - b);
}
