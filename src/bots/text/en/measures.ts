export const credits = (amount: number): string =>
  `${amount.toLocaleString('en')} ${amount === 1 ? 'credit' : 'credits'}`;

/** Milliseconds as people write them: "0.8 s", "12 s", "1 min 5 s", "2 h 3 min". */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An estimate in milliseconds, shown in whole seconds, because no estimate is more exact. */
export const guess = (ms: number): string => duration(Math.max(1, Math.round(ms / 1000)) * 1000).replace('.0', '');

export function bytes(amount: number): string {
  if (amount < 1000) return `${amount} bytes`;
  if (amount < 1_000_000) return `${(amount / 1000).toFixed(0)} kB`;
  if (amount < 1_000_000_000) return `${(amount / 1_000_000).toFixed(1)} MB`;
  return `${(amount / 1_000_000_000).toFixed(1)} GB`;
}

export const percent = (amount: number): string => `${amount} %`;

export const moment = (at: Date): string =>
  at.toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** "a, b or c". */
export const anyOf = (items: readonly (string | number)[]): string => listed(items, 'or');
/** "a, b and c". */
export const allOf = (items: readonly (string | number)[]): string => listed(items, 'and');

function listed(items: readonly (string | number)[], word: string): string {
  const last = items.at(-1) ?? '';
  return items.length > 1 ? `${items.slice(0, -1).join(', ')} ${word} ${last}` : String(last);
}

/** The beginning of a text, for a line that has no room for all of it. */
export function few(words: string, max = 60): string {
  const line = words.replace(/\s+/gu, ' ').trim();
  const characters = [...new Intl.Segmenter('en').segment(line)];
  return characters.length <= max
    ? line
    : `${characters
        .slice(0, max - 1)
        .map((character) => character.segment)
        .join('')}…`;
}

/** The balance after a change. */
export const left = (balance: number): string => `${balance.toLocaleString('en')} left`;

/** The label of the button that makes a film longer. */
export const extendBy = (seconds: number): string => `Extend by ${seconds} s`;
