import type { Draft, Model } from './plan.ts';

/**
 * Adds a step in which the enhancer looks at the finished frame and writes the motion for it. The fixed table does not charge for it. If
 * it fails, the motion from before serves. Returns the step whose words a film follows: this one, or `words` if the model cannot look
 * at pictures.
 */
export function addLook(
  { add }: Draft,
  { capabilities, prices }: Model,
  { words, frame, scene }: { words: number | null; frame: number; scene: number | null },
): number | null {
  return capabilities.references > 0 ? add('enhance', [words, frame], prices.look(), { scene }) : words;
}
