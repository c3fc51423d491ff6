import type { Refusal } from '../commands/refusal.ts';
import { refusalCard } from '../refusalCard.ts';
import type { Text } from '../text.ts';
import { cut } from './escape.ts';

export const maxFault = 1_000;

/** A refusal in a single line, because Slack shows no more below a field. */
export function sentence(refusal: Refusal, text: Text): string {
  const { title, blocks } = refusalCard(refusal, text);
  const words = blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []));
  return cut([title, ...words].join('. '), maxFault);
}
