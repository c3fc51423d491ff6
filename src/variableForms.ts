import { z } from 'zod';
import { KeyringError, parseKeyring } from './db/keyring.ts';
import { Secret } from './db/secret.ts';
import { parseDemoFaults } from './demo/faults.ts';
import { maxVideoSeconds } from './domain.ts';
import { parseSeconds, parseSizes, type VideoSize } from './pipeline/providers/server/videoSettings.ts';
import { parseRedisUrl } from './pipeline/redis.ts';
import { percentDecoded } from './plainText.ts';

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `is less than ${min}`).max(max, `is more than ${max}`));

export const postgresUrl = z
  .string()
  .refine((value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value), 'is not a PostgreSQL address')
  .refine((value) => isDecodable(URL.parse(value)), 'has a % that begins no code (write %25 for one in a password)');

/** True for an address that cannot be parsed, because another check reports that. */
const isDecodable = (url: URL | null): boolean =>
  url === null || [url.username, url.password, url.pathname].every((part) => percentDecoded(part) !== null);

export const token = (beginning: string) =>
  z
    .string()
    .refine((value) => value.startsWith(beginning), `does not begin with ${beginning}`)
    .optional();

/**
 * An address without a slash at its end, so that a path can follow. It aborts on a wrong value, because later checks assume an
 * address.
 */
export const httpUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), {
    error: 'is not an http(s) address',
    abort: true,
  })
  .transform((value) => value.replace(/\/+$/, ''));

/** Copied keys often have spaces and line ends around them. */
export const secret = z.string().transform((value) => new Secret(value.trim()));

export function keyring(text: string, context: z.RefinementCtx) {
  try {
    return parseKeyring(text);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    context.addIssue({ code: 'custom', message: `cannot be used: ${error.message}` });
    return z.NEVER;
  }
}

export function redisUrl(text: string, context: z.RefinementCtx) {
  const address = parseRedisUrl(text);
  if (address) return address;
  context.addIssue({ code: 'custom', message: 'is not the address of a Redis or Valkey' });
  return z.NEVER;
}

export function demoFaults(text: string, context: z.RefinementCtx) {
  const parsed = parseDemoFaults(text);
  if (parsed.outcome === 'parsed') return parsed.faults;
  context.addIssue({ code: 'custom', message: parsed.detail });
  return z.NEVER;
}

export function videoSeconds(text: string, context: z.RefinementCtx): number[] {
  const seconds = parseSeconds(text);
  if (seconds) return seconds;
  context.addIssue({ code: 'custom', message: `is not a list of whole seconds from 1 to ${maxVideoSeconds}` });
  return z.NEVER;
}

export function videoSizes(text: string, context: z.RefinementCtx): VideoSize[] {
  const parsed = parseSizes(text);
  if ('sizes' in parsed) return parsed.sizes;
  context.addIssue({ code: 'custom', message: parsed.problem });
  return z.NEVER;
}

/** Reads `fast=a+b,best=c`. */
export function aliases(text: string, context: z.RefinementCtx): ReadonlyMap<string, readonly string[]> {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const named = entries.map((entry): [string, string[]] | null => {
    const [, name = '', models = ''] = /^([a-z0-9][a-z0-9_-]{0,29})\s*=\s*(\S+)$/i.exec(entry) ?? [];
    const list = models.split('+').filter((model) => model !== '');
    return name === '' || list.length === 0 ? null : [name.toLowerCase(), list];
  });
  if (named.includes(null)) {
    context.addIssue({ code: 'custom', message: 'is not a list of names, each with the models that it stands for' });
    return z.NEVER;
  }
  return new Map(named.filter((one) => one !== null));
}
