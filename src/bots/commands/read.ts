import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { tidied } from '../../plainText.ts';
import { allowedBy, type NamedOption } from './option.ts';
import type { Refusal } from './refusal.ts';

/** Options as they arrive: words of a text, or typed values from a chat platform. */
export type Given = Readonly<Record<string, string | number | boolean>>;

export type Read<Values> = { outcome: 'read'; values: Values } | { outcome: 'refused'; refusal: Refusal };

/** Turns the given options into the command's own values, or into the one refusal that helps most. */
export function readGiven<Schema extends z.ZodObject>(
  command: string,
  options: readonly NamedOption[],
  schema: Schema,
  given: Given,
): Read<z.output<Schema>> {
  const names = options.map((option) => option.name);
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) {
      return refused({ reason: 'unknown_option', command, given: name, nearest: nearest(name, names), allowed: names });
    }
  }
  const values = Object.fromEntries(
    options.flatMap((option) => {
      const value = given[option.name];
      return value === undefined || isBlankProse(option, value) ? [] : [[option.name, fromText(option, value)]];
    }),
  );
  const parsed = schema.safeParse(values);
  if (parsed.success) return { outcome: 'read', values: parsed.data };
  const faulty = options.find((option) => parsed.error.issues.some((issue) => issue.path[0] === option.name));
  if (!faulty) throw parsed.error;
  return refused(refusalOf(command, faulty, given[faulty.name]));
}

const refused = (refusal: Refusal) => ({ outcome: 'refused', refusal }) as const;

const isBlankProse = ({ kind }: NamedOption, value: string | number | boolean) =>
  kind.kind === 'text' && typeof value === 'string' && tidied(value) === '';

const onOff: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  off: false,
  false: false,
  no: false,
};

function fromText({ kind }: NamedOption, value: string | number | boolean): string | number | boolean {
  if (typeof value !== 'string') return value;
  switch (kind.kind) {
    case 'choice':
      return kind.choices.find((choice) => choice === value.toLowerCase()) ?? value;
    case 'number': {
      // "8s" is clear enough to accept.
      const digits = /^(\d{1,9})\s?s?$/i.exec(value)?.[1];
      return digits === undefined ? value : Number(digits);
    }
    case 'flag': {
      const word = value.toLowerCase();
      return Object.hasOwn(onOff, word) ? (onOff[word] ?? value) : value;
    }
    case 'text':
    case 'image':
    case 'run':
    case 'cast':
    case 'model':
      return value;
  }
}

function refusalOf(command: string, option: NamedOption, value: string | number | boolean | undefined): Refusal {
  const given = String(value ?? '');
  if (option.kind.kind === 'text' && tidied(given).length > option.kind.maxLength) {
    const { maxLength } = option.kind;
    return { reason: 'too_long', option: option.name, length: tidied(given).length, max: maxLength };
  }
  if (value === undefined || given === '' || option.kind.kind === 'text') {
    return { reason: 'missing', command, option: option.name };
  }
  const near = option.kind.kind === 'choice' ? nearest(given, option.kind.choices) : null;
  return { reason: 'bad_value', option: option.name, given, nearest: near, allowed: allowedBy(option) };
}

/** The most likely intended candidate, or null if none is near. A half-written word counts as the beginning of a candidate. */
export function nearest(given: string, candidates: readonly string[]): string | null {
  const word = given.toLowerCase();
  if (word.length > 1) {
    const begun = candidates.find((candidate) => candidate.toLowerCase().startsWith(word));
    if (begun !== undefined) return begun;
  }
  const [best] = candidates
    .map((candidate) => ({ candidate, score: distance(word, candidate.toLowerCase()) }))
    .sort((a, b) => a.score - b.score);
  if (!best || word === '') return null;
  const maxLength = Math.max(word.length, best.candidate.length);
  return best.score <= Math.max(1, Math.floor(maxLength * 0.4)) ? best.candidate : null;
}
