import type { Account } from '../../db/credits.ts';
import type { Quote } from '../../pipeline/submit.ts';
import { modelOf } from '../maker.ts';
import type { Text } from '../text.ts';
import type { Refusal } from './refusal.ts';

/** The refusal that such a run would meet now. Null: none. */
export function quoteRefusal(
  { obstacle, price: priceCredits }: Quote,
  { balance, held }: Account,
  text: Text,
): Refusal | null {
  if (obstacle?.outcome === 'no_key') return { reason: 'no_key', step: obstacle.step };
  if (obstacle) {
    const { option, value, allowed } = obstacle;
    return { reason: 'unsupported', option, value, allowed, model: modelOf(obstacle, text) };
  }
  return priceCredits > balance ? { reason: 'insufficient', priceCredits, balance, heldCredits: held } : null;
}
