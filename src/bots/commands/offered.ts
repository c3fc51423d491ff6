import { workflows } from '../../domain.ts';
import type { ModelChoice } from '../../pipeline/models.ts';
import { type Offer, offerOf, offerOfAny } from '../../pipeline/offer.ts';
import type { Providers, Vendors } from '../../pipeline/providers/registry.ts';
import type { Command } from './command.ts';
import type { NamedOption } from './option.ts';

/** The values that a command may ask for. The settings concern every workflow. */
export function offerFor(
  command: Pick<Command, 'name'>,
  providers: Pick<Providers, 'choose' | 'models' | 'aliases'>,
  brought: Vendors,
  choice: ModelChoice = { words: [], allowed: [] },
): Offer {
  const workflow = workflows.find((one) => one === command.name);
  return workflow ? offerOf(providers, workflow, brought, choice) : offerOfAny(providers, workflows, brought, choice);
}

/** True if the values of an option depend on the available models. */
export const isByModel = ({ name, kind }: NamedOption): boolean =>
  kind.kind === 'number' ? kind.byModel === true : ['aspect', 'resolution'].includes(name);

/**
 * A command as we offer it: only with the values that its models support. The given values are still checked against the whole
 * command.
 */
export const offered = (command: Command, offer: Offer): Command => ({
  ...command,
  options: command.options.map((option) => offeredOption(option, offer)),
});

export function offeredOption(option: NamedOption, offer: Offer): NamedOption {
  const { name, kind } = option;
  if (!isByModel(option)) return option;
  if (kind.kind === 'choice') {
    const able: readonly string[] = name === 'aspect' ? offer.aspect : offer.resolution;
    const choices = kind.choices.filter((choice) => able.includes(choice));
    return {
      ...option,
      kind: { ...kind, choices, defaultValue: choices.find((one) => one === kind.defaultValue) ?? null },
    };
  }
  if (kind.kind !== 'number') return option;
  const { duration } = offer;
  const defaultValue = duration.find((one) => one === kind.defaultValue) ?? null;
  const [min, max] = [duration.at(0), duration.at(-1)];
  if (min === undefined || max === undefined || max - min === duration.length - 1) {
    return {
      ...option,
      kind: { kind: 'number', unit: kind.unit, min: min ?? kind.min, max: max ?? kind.max, defaultValue },
    };
  }
  const choices = duration.map(String);
  return {
    ...option,
    kind: { kind: 'choice', choices, defaultValue: defaultValue === null ? null : String(defaultValue) },
  };
}

/** The longest list of choices on Discord; people read no longer one elsewhere either. */
const maxListed = 24;

/** The lengths that a list shows if there are too many for it: the short ones, and every fifth second. Any other may be typed. */
export const shortlist = (durations: readonly number[]): number[] =>
  durations.length <= maxListed ? [...durations] : durations.filter((seconds) => seconds <= 15 || seconds % 5 === 0);

/** The values that an offered option takes, for lists. Empty if it takes any value. */
export function valuesOf({ kind }: NamedOption): string[] {
  switch (kind.kind) {
    case 'choice':
      return [...kind.choices];
    case 'number':
      return Array.from({ length: kind.max - kind.min + 1 }, (_, index) => String(kind.min + index));
    case 'flag':
    case 'text':
    case 'image':
    case 'run':
    case 'cast':
    case 'model':
      return [];
  }
}
