import type { RunView } from '../db/runs.ts';
import type { StepKind } from '../domain.ts';

type Known = {
  /** True if the platform took this object, or a message with a link to it. The record of posted messages says so. */
  isReceived: (objectKey: string) => boolean;
  /** True if members can open the page (`PUBLIC_URL`). */
  hasPage: boolean;
};

/**
 * The steps of a run whose results reached nobody. A result counts as received in two cases:
 * - Its platform took the file, in the conversation or as a direct message, or took a message with a link to it. A link is
 *   possible if media are in a bucket, or if a bot serves them at `PUBLIC_URL`.
 * - Members can fetch it from the page, which shows every run and its files, and needs `PUBLIC_URL`. A bucket alone is not
 *   enough here: without a message nobody learns the link, because `history` and `status` show none in chat.
 *
 * A small preview in a progress message is not the result. The better prompt is always received, because `status` shows it in
 * any conversation. A result that a member deleted, or whose retention is over, is gone for another reason and stays paid.
 */
export function unreachedSteps({ run, steps, assets }: RunView, { isReceived, hasPage }: Known): StepKind[] {
  if (hasPage || run.deletedAt) return [];
  return steps.flatMap(({ kind, state }) => {
    const made = assets.find(({ step, removedAt }) => step === kind && removedAt === null);
    return state === 'done' && made && !isReceived(made.objectKey) ? [kind] : [];
  });
}
