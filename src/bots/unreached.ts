import type { RunView } from '../db/runs.ts';
import type { StepKind } from '../domain.ts';

type Known = {
  /** Whether the platform has taken this object, or a message with a link to it: what was posted says so. */
  isReceived: (objectKey: string) => boolean;
  /** Whether the page is there for members (`PUBLIC_URL`). */
  hasPage: boolean;
};

/**
 * The steps of a run whose results reached nobody. A result counts as received
 * - when its platform took the file, into the conversation or to the member directly, or took a message with a link to it (a link is
 *   possible where media are in a bucket, or a bot hands them out at `PUBLIC_URL`);
 * - or when members can come and get it: from the page, which shows every run and its files, and needs `PUBLIC_URL`. A bucket alone is
 *   not enough here: without a message nobody learns the link, for `history` and `status` show none in chat.
 *
 * A small preview in a progress message is not the result. The better prompt is: `status` shows it in any conversation, so that it is
 * never among these. What a member deleted, or what was kept for as long as it is kept, is gone for another reason, and stays paid.
 */
export function unreachedSteps({ run, steps, assets }: RunView, { isReceived, hasPage }: Known): StepKind[] {
  if (hasPage || run.deletedAt) return [];
  return steps.flatMap(({ kind, state }) => {
    const made = assets.find(({ step, removedAt }) => step === kind && removedAt === null);
    return state === 'done' && made && !isReceived(made.objectKey) ? [kind] : [];
  });
}
