import { z } from 'zod';
import { isStorable, maxModelWord, maxModelWords, maxPromptLength, promptText } from '../../domain.ts';
import type { Text } from '../text.ts';
import type { Allowed } from './refusal.ts';

/** How you write an option in a text: by its name, as the first word, or as all words that belong to no other option. */
export type Placement = 'named' | 'first' | 'rest';

/** The facts that a platform needs about an option. Usage, completion and registration derive from them. */
type OptionFacts = {
  describe: (text: Text) => string;
  placement: Placement;
  required: boolean;
  kind: OptionKind;
};

export type NamedOption = { name: string } & OptionFacts;

type OptionKind =
  | { kind: 'text'; maxLength: number }
  | { kind: 'choice'; choices: readonly string[]; defaultValue: string | null }
  /** `byModel`: the values that you may ask for depend on the available model. */
  | {
      kind: 'number';
      min: number;
      max: number;
      defaultValue: number | null;
      unit: 'seconds' | 'runs' | 'pieces';
      byModel?: true;
    }
  | { kind: 'flag'; defaultValue: boolean }
  | { kind: 'image'; maxBytes: number; maxSide: number }
  | { kind: 'run' }
  /** The name of an entry of the cast, known or new. */
  | { kind: 'cast' }
  /** Models or aliases for models, up to `max`. */
  | { kind: 'model'; max: number };

/** The facts of every option's schema. Only the builders below register schemas, so every option has its facts. */
const known = new WeakMap<z.core.$ZodType, OptionFacts>();

function declare<Schema extends z.core.$ZodType>(schema: Schema, facts: OptionFacts): Schema {
  known.set(schema, facts);
  return schema;
}

export function factsOf(schema: z.core.$ZodType): OptionFacts {
  const facts = known.get(schema);
  if (!facts) throw new Error('an option was declared without a builder of commands/option.ts');
  return facts;
}

type Describe = OptionFacts['describe'];

const prose = { kind: 'text', maxLength: maxPromptLength } as const;

export const promptOption = (describe: Describe) =>
  // A copy, because each command describes its own prompt.
  declare(promptText.clone(), { describe, placement: 'rest', required: true, kind: prose });

export const optionalPromptOption = (describe: Describe) =>
  declare(promptText.optional(), { describe, placement: 'rest', required: false, kind: prose });

/** `defaultValue` is the product's default. A workspace may have set another one. */
export const choiceOption = <const Choices extends readonly [string, ...string[]]>(
  choices: Choices,
  defaultValue: Choices[number] | null,
  describe: Describe,
  placement: Placement = 'named',
) =>
  declare(z.enum(choices).optional(), {
    describe,
    placement,
    required: false,
    kind: { kind: 'choice', choices, defaultValue },
  });

export const secondsOption = (limits: { min: number; max: number; defaultValue: number }, describe: Describe) =>
  declare(z.int().min(limits.min).max(limits.max).optional(), {
    describe,
    placement: 'named',
    required: false,
    kind: { kind: 'number', unit: 'seconds', byModel: true, ...limits },
  });

/** How many of something a run makes. */
export const countOption = (limits: { min: number; max: number; defaultValue: number }, describe: Describe) =>
  declare(z.int().min(limits.min).max(limits.max).optional(), {
    describe,
    placement: 'named',
    required: false,
    kind: { kind: 'number', unit: 'pieces', ...limits },
  });

/** A number of runs. `min` may mean "as many as you like". */
export const runsOption = (limits: { min: number; max: number }, describe: Describe) =>
  declare(z.int().min(limits.min).max(limits.max).optional(), {
    describe,
    placement: 'named',
    required: false,
    kind: { kind: 'number', unit: 'runs', defaultValue: null, ...limits },
  });

export const textOption = (maxLength: number, describe: Describe) =>
  declare(z.string().min(1).max(maxLength).optional(), {
    describe,
    placement: 'named',
    required: false,
    kind: { kind: 'text', maxLength },
  });

export const flagOption = (defaultValue: boolean, describe: Describe) =>
  declare(z.boolean().optional(), {
    describe,
    placement: 'named',
    required: false,
    kind: { kind: 'flag', defaultValue },
  });

/** The same numbers as the pipeline's `inputImageLimits`; a test compares them. Importing those would load an image library. */
export const imageLimits = { maxBytes: 10 * 1024 * 1024, maxSide: 4096 } as const;

/** A reference that the request's `openImage` resolves. */
export const imageOption = (describe: Describe) =>
  declare(z.string().min(1), { describe, placement: 'first', required: true, kind: { kind: 'image', ...imageLimits } });

/** An image that the run follows. It may be left out. */
export const referenceOption = (describe: Describe) =>
  declare(z.string().min(1).optional(), {
    describe,
    placement: 'named',
    required: false,
    kind: { kind: 'image', ...imageLimits },
  });

export const runOption = (describe: Describe) =>
  declare(z.string().min(1).optional(), { describe, placement: 'first', required: false, kind: { kind: 'run' } });

export const castOption = (describe: Describe) =>
  declare(z.string().min(1).optional(), { describe, placement: 'rest', required: false, kind: { kind: 'cast' } });

/** The words for models in a text: several have a plus or a comma between them. Models' own names have neither. */
export const modelWords = (typed: string): string[] =>
  typed
    .split(/[+,]/)
    .map((word) => word.trim())
    .filter((word) => word !== '');

export const modelOption = (describe: Describe) =>
  declare(
    z
      .string()
      .transform(modelWords)
      .pipe(z.array(z.string().max(maxModelWord).refine(isStorable)).min(1).max(maxModelWords))
      .optional(),
    { describe, placement: 'named', required: false, kind: { kind: 'model', max: maxModelWords } },
  );

/** The values that an option takes, for the sentence that refuses another value. */
export function allowedBy({ kind }: OptionFacts): Allowed {
  switch (kind.kind) {
    case 'choice':
      return { kind: 'choices', values: kind.choices };
    case 'number':
      return { kind: 'whole_number', min: kind.min, max: kind.max };
    case 'flag':
      return { kind: 'on_off' };
    case 'model':
      return { kind: 'models', max: kind.max };
    case 'text':
    case 'image':
    case 'run':
    case 'cast':
      return { kind: 'text' };
  }
}
