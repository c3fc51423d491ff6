import { z } from 'zod';
import { maxModelWord } from '../../../domain.ts';
import { tidied } from '../../../plainText.ts';
import { maxMicroUsd } from '../provider.ts';

/** Fields that all lists of OpenRouter have. Each may be missing or odd, and a model with an odd one must not hide others. */

/** `author/model`, sometimes with a variant: `google/gemma-4-31b-it:free`. It travels in paths and is stored. */
export const modelId = z
  .string()
  .max(maxModelWord)
  .regex(/^[\w~-][\w.~-]*\/[\w~-][\w.:~-]*$/);

export const strings = z
  .array(z.unknown())
  .catch([])
  .transform((list) => list.filter((one) => typeof one === 'string'));

const maxTitle = 80;

/** The name that people read. */
export const titleOf = (name: string, id: string): string =>
  [...tidied(name).replaceAll('\n', ' ')].slice(0, maxTitle).join('') || id;

/** A date on which OpenRouter removes a model, as ISO 8601. */
export const shutdown = z
  .string()
  .nullish()
  .catch(null)
  .transform((date) => (date && Number.isFinite(Date.parse(date)) ? new Date(date).toISOString() : null));

/** No price that a vendor charges for one unit of anything is higher. US dollars. */
const maxUsd = 100_000;

/** A price in US dollars: a number, or a number as text. Null for anything else. OpenRouter writes -1 for a price that varies. */
export function usdOf(value: unknown): number | null {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return null;
  const price = Number(value);
  return Number.isFinite(price) && price >= 0 && price <= maxUsd ? price : null;
}

/** Null for a price that nobody can mean, for example dollars for each token of a film. */
export function microUsdOf(usd: number): number | null {
  const price = Math.round(usd * 1e6);
  return price <= maxMicroUsd ? price : null;
}
