import type { Account } from '../../db/credits.ts';
import type { Quote } from '../../pipeline/quote.ts';
import type { Text } from '../text.ts';
import { planRefusal } from './planRefusal.ts';
import type { Refusal } from './refusal.ts';

/** The refusal that such a run would meet now. Null: none. */
export function quoteRefusal(
  { obstacle, price: priceCredits }: Quote,
  { balance, held }: Account,
  text: Text,
): Refusal | null {
  if (obstacle) return planRefusal(obstacle, text);
  return priceCredits > balance ? { reason: 'insufficient', priceCredits, balance, heldCredits: held } : null;
}
