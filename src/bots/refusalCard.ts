import { type Card, textCard } from './card.ts';
import type { Refusal } from './commands/refusal.ts';
import type { Text } from './text.ts';

/** What somebody reads whose command was not carried out. */
export function refusalCard(refusal: Refusal, text: Text): Card {
  const { title, text: sentence } = text.refusals.refusal(refusal);
  return textCard('bad', title, sentence);
}
