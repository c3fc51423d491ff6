import { workflows } from '../../db/vocabulary.ts';
import { type Offer, offerOf, offerOfAny } from '../../pipeline/offer.ts';
import type { Providers, Vendors } from '../../pipeline/providers/registry.ts';
import type { Command, NamedOption } from './command.ts';

/** What a command may be asked for; the settings concern every workflow. */
export function offerFor(
  command: Pick<Command, 'name'>,
  providers: Pick<Providers, 'choose'>,
  brought: Vendors,
): Offer {
  const workflow = workflows.find((one) => one === command.name);
  return workflow ? offerOf(providers, workflow, brought) : offerOfAny(providers, workflows, brought);
}

/** Whether the values of an option depend on the models at hand. */
export const isByModel = ({ name, kind }: NamedOption): boolean =>
  kind.kind === 'number' ? kind.byModel === true : ['aspect', 'resolution'].includes(name);

/** A command as it is offered: with the values that its models can do, and no others. What is given is still checked against the whole. */
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
    return { ...option, kind: { ...kind, choices, usual: choices.find((one) => one === kind.usual) ?? null } };
  }
  if (kind.kind !== 'number') return option;
  const { duration } = offer;
  const usual = duration.find((one) => one === kind.usual) ?? null;
  const [least, most] = [duration.at(0), duration.at(-1)];
  if (least === undefined || most === undefined || most - least === duration.length - 1) {
    return {
      ...option,
      kind: { kind: 'number', unit: kind.unit, least: least ?? kind.least, most: most ?? kind.most, usual },
    };
  }
  const choices = duration.map(String);
  return { ...option, kind: { kind: 'choice', choices, usual: usual === null ? null : String(usual) } };
}

/** The values that an offered option takes, for lists; empty where it takes anything. */
export function valuesOf({ kind }: NamedOption): string[] {
  switch (kind.kind) {
    case 'choice':
      return [...kind.choices];
    case 'number':
      return Array.from({ length: kind.most - kind.least + 1 }, (_, index) => String(kind.least + index));
    case 'flag':
    case 'text':
    case 'image':
    case 'run':
      return [];
  }
}
