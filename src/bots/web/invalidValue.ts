import { z } from 'zod';
import type { Text } from '../text.ts';
import { type Expected, expectedAt } from './expected.ts';
import { type Problem, problem } from './problem.ts';

/** Answers never repeat the values of these fields. */
const secrets: readonly string[] = ['apiKey'];

/** Describes the first invalid value: its field, the fault, and the values that the field accepts. */
export function misgiven(
  schema: z.core.$ZodType,
  issue: z.core.$ZodIssue | undefined,
  { value, by, text }: { value: unknown; by: 'body' | 'address'; text: Text },
): Problem {
  // A list in an address is one text.
  const path = (issue?.path ?? []).slice(0, by === 'address' ? 1 : undefined);
  const option = String(path.findLast((name) => typeof name === 'string') ?? '');
  const words = text.web.given;
  if (!issue || option === '') return problem('malformed', text, { detail: `${words.object} ${words.examples}` });
  const expected = expectedAt(schema, path, by);
  const found = path.reduce<unknown>((outer, name) => fieldOf(outer, name), value);
  const facts = { option, at: path.map(String).join('.'), ...factsOf(expected) };
  const detail = `${words.expected(expected)} ${words.examples}`;
  if (found === undefined) return { status: 400, reason: 'missing', title: words.missing(option), detail, facts };
  if (issue.code === 'too_big' && issue.origin === 'string' && typeof found === 'string') {
    const max = Number(issue.maximum);
    const long = { title: words.tooLong(option), detail: words.characters(max, found.length) };
    return { status: 400, reason: 'too_long', ...long, facts: { ...facts, max } };
  }
  const said = secrets.includes(option) ? null : wordsOf(found);
  return { status: 400, reason: 'bad_value', title: words.wrong(option, said), detail, facts };
}

const fields = z.record(z.string(), z.unknown());
const fieldOf = (value: unknown, name: PropertyKey): unknown =>
  Array.isArray(value) ? value[Number(name)] : fields.safeParse(value).data?.[String(name)];

/** Turns a value into text for a sentence, or null if it is an object. */
const wordsOf = (value: unknown): string | null =>
  typeof value === 'object' && value !== null ? null : (JSON.stringify(value) ?? null);

function factsOf(expected: Expected): Record<string, unknown> {
  switch (expected.kind) {
    case 'choices':
      return { allowed: expected.values };
    case 'whole_number':
    case 'number':
      return { min: expected.min ?? undefined, max: expected.max ?? undefined };
    case 'text':
    case 'list':
      return { max: expected.maxLength ?? undefined };
    case 'true_or_false':
    case 'id':
    case 'object':
    case 'other':
      return {};
  }
}
