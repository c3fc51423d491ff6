import { duration, bytes as inEnglish } from '../en/measures.ts';

export { duration, guess, percent } from '../en/measures.ts';

const number = (amount: number): string => amount.toLocaleString('fr');

export const credits = (amount: number): string => `${number(amount)} crédit${Math.abs(amount) < 2 ? '' : 's'}`;

export const bytes = (amount: number): string =>
  inEnglish(amount).replace('bytes', 'octets').replace(/B$/, 'o').replace('.', ',');

export const moment = (at: Date): string =>
  at.toLocaleString('fr', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

export const anyOf = (items: readonly (string | number)[]): string => listed(items, 'ou');
export const allOf = (items: readonly (string | number)[]): string => listed(items, 'et');

function listed(items: readonly (string | number)[], word: string): string {
  const last = items.at(-1) ?? '';
  return items.length > 1 ? `${items.slice(0, -1).join(', ')} ${word} ${last}` : String(last);
}

export { few } from '../en/measures.ts';

export const left = (balance: number): string => `reste ${number(balance)}`;

/** Milliseconds as people write them, after "en". */
export const took = (ms: number): string => duration(ms).replace('.', ',');

/** The label of the button that makes a film longer. */
export const extendBy = (seconds: number): string => `Prolonger de ${seconds} s`;
