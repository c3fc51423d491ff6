import { text } from '../../bots/terminal/person.ts';
import { StorageError } from '../../pipeline/media/store.ts';
import { reasonOf } from '../explain.ts';

const { doctor: words } = text.operator;

type Part = keyof typeof words.parts;

/** The doctor's result for one part. */
export type Finding = { part: Part; isFine: boolean; says: string; isWarning?: true };

export const fine = (part: Part, says: string): Finding => ({ part, isFine: true, says });
/** Something to know about that stops nothing, so the doctor is content all the same. */
export const warning = (part: Part, says: string): Finding => ({ part, isFine: true, says, isWarning: true });
export const wrong = (part: Part, says: string): Finding => ({ part, isFine: false, says });

/** No part may take longer than this, because the reader waits for the other findings. Milliseconds. */
const maxLookMs = 15_000;

/** Checks a part. An error in the check becomes a finding, and so does a check that takes too long. */
export async function look(
  part: Part,
  check: (signal: AbortSignal) => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  const signal = AbortSignal.timeout(maxLookMs);
  const late = new Promise<Finding>((resolve) => {
    signal.addEventListener('abort', () => resolve(wrong(part, words.noAnswer(maxLookMs / 1_000))));
  });
  const found = await Promise.race([check(signal), late]).catch((error: unknown) =>
    // The message of a storage error is already a sentence.
    wrong(part, error instanceof StorageError ? error.message : words.unreachable(reasonOf(error))),
  );
  return [found].flat();
}
