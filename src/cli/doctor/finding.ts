import { text } from '../../bots/terminal/person.ts';
import { StorageError } from '../../pipeline/media/store.ts';
import { reasonOf } from '../explain.ts';

const { doctor: words } = text.operator;

type Part = keyof typeof words.parts;

/** What the doctor has to say about one part. */
export type Finding = { part: Part; isFine: boolean; says: string };

export const fine = (part: Part, says: string): Finding => ({ part, isFine: true, says });
export const wrong = (part: Part, says: string): Finding => ({ part, isFine: false, says });

/** Nobody waits longer for one part: the others are waiting to be read. Milliseconds. */
const maxLookMs = 15_000;

/** Looks at a part. Whatever the look throws is a finding too, and so is an answer that does not come. */
export async function look(
  part: Part,
  check: (signal: AbortSignal) => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  const signal = AbortSignal.timeout(maxLookMs);
  const late = new Promise<Finding>((resolve) => {
    signal.addEventListener('abort', () => resolve(wrong(part, words.noAnswer(maxLookMs / 1_000))));
  });
  const found = await Promise.race([check(signal), late]).catch((error: unknown) =>
    // What a store says is a sentence already.
    wrong(part, error instanceof StorageError ? error.message : words.unreachable(reasonOf(error))),
  );
  return [found].flat();
}
