import type { z } from 'zod';
import type { listedModel, models } from '../contract/models.ts';
import type { Choices, Offered } from './offer.ts';
import { lateWords, type Words } from './words.ts';

export type Listed = z.infer<typeof models>;
export type Model = z.infer<typeof listedModel>;
export type Kind = Listed['kinds'][number]['kind'];
type Option = Offered['options'][number];

/** An option and its value, such as a resolution and `4k`. */
export type Value = { option: Option; value: string | number };

/** The chosen values that a model cannot make, among the options that the workflow has. */
export function obstaclesOf(model: Model, kind: Kind, choices: Choices, options: readonly Option[]): Value[] {
  const values: { [Name in Option]?: readonly (string | number)[] } =
    kind === 'video'
      ? { resolution: model.resolutions, duration: model.durations, aspect: model.aspects }
      : kind === 'image'
        ? { quality: model.qualities, aspect: model.aspects }
        : {};
  return options.flatMap((option) => {
    const able = values[option];
    const value = choices[option];
    if (!able || typeof value === 'boolean' || able.includes(value)) return [];
    return [{ option, value }];
  });
}

/** The options of the workflow that have another value than the one that was wished, and both values. */
export const changesOf = (wished: Choices, choices: Choices, options: readonly Option[]): [Value, Value][] =>
  options.flatMap((option): [Value, Value][] => {
    const [before, now] = [wished[option], choices[option]];
    if (before === now || typeof before === 'boolean' || typeof now === 'boolean') return [];
    return [
      [
        { option, value: now },
        { option, value: before },
      ],
    ];
  });

/** A value in words. */
export function said({ option, value }: Value, words: Words): string {
  const names: Record<string, string> | null =
    option === 'resolution'
      ? words.resolutions
      : option === 'aspect'
        ? words.aspects
        : option === 'quality'
          ? words.qualities
          : null;
  if (option === 'duration') return words.seconds(Number(value));
  return names?.[value] ?? String(value);
}

/** A few words about what a model can do. */
export function factsOf(model: Model, kind: Kind, words: Words): string[] {
  const { models: late } = lateWords();
  const { seconds, durations, resolutions, aspects, qualities, references, lastFrame } = model;
  const shapes = aspects.map((aspect) => words.aspects[aspect]).join(', ');
  const [shortest, longest] = [Math.min(...seconds), Math.max(...seconds)];
  switch (kind) {
    case 'enhance':
      return references > 0 ? [late.looks] : [];
    case 'image':
      return [
        ...(qualities.length > 0 ? [qualities.map((one) => words.qualities[one]).join(', ')] : []),
        shapes,
        ...(references > 0 ? [late.follows(references)] : []),
      ];
    case 'video': {
      const film = Math.max(longest, ...durations);
      return [
        ...(seconds.length > 0 ? [late.between(shortest, longest)] : []),
        ...(film > longest && seconds.length > 0 ? [late.upTo(film)] : []),
        resolutions.map((one) => words.resolutions[one]).join(', '),
        shapes,
        ...(lastFrame ? [late.lastFrame] : []),
      ];
    }
  }
}

/** Whether a model's name or its maker contains all that somebody typed. */
export const isFound = ({ id, title, maker }: Pick<Model, 'id' | 'title' | 'maker'>, typed: string): boolean =>
  typed
    .toLowerCase()
    .split(/\s+/)
    .every((part) => `${title} ${id} ${maker}`.toLowerCase().includes(part));
