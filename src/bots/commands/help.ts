import { z } from 'zod';
import { commandedWorkflows } from '../../domain.ts';
import type { Chooser } from '../../pipeline/modelList.ts';
import { quote } from '../../pipeline/quote.ts';
import { type Block, type Card, textCard } from '../card.ts';
import type { Services } from '../services.ts';
import { type Text, textOf } from '../text.ts';
import { type Command, command } from './command.ts';
import { choiceIn, chooserOf, isChoice, type ListedModel, listModels } from './modelChoices.ts';
import { offered, offerFor } from './offered.ts';
import { choiceOption } from './option.ts';
import { optionHelp, optionUsage, usageOf } from './usage.ts';

/** Explains the other commands from their own declarations. */
export function createHelp(others: readonly [Command, ...Command[]]): Command {
  const [first, ...rest] = others;
  const names = [first.name, ...rest.map((other) => other.name)] as const;
  return command({
    name: 'help',
    describe: (text) => text.commands.describe.help,
    access: 'member',
    options: z.object({ command: choiceOption(names, null, (text) => text.commands.options.command, 'first') }),
    run: async ({ services, workspace, member, locale }, { command: name }) => {
      const text = textOf(locale);
      const explained = others.find((other) => other.name === name);
      if (explained) {
        return {
          kind: 'card',
          card: explainedCard(services, await chooserOf(services, workspace.id), explained, text),
        };
      }
      const prices = await Promise.all(
        commandedWorkflows.map(async (workflow) => ({
          label: workflow,
          value: text.commands.help.price(workflow, (await quote(services, workspace.id, workflow, {})).price),
        })),
      );
      const usable = others.filter((other) => other.access === 'member' || member.isAdmin);
      const chooser = await chooserOf(services, workspace.id);
      const complete = { command: { name: 'complete' }, chooser, given: {}, typed: '', max: examples };
      const { models } = isChoice(services, chooser) ? listModels(services, complete, text) : { models: [] };
      const card = overview(usable, { prices, models }, text);
      return { kind: 'card', card };
    },
  });
}

type ExplainDeps = Pick<Services, 'providers' | 'byokPricePercent' | 'priceBook'>;

/** How many models the overview names, and how many the explanation of a command lists. */
const examples = 3;
const maxListed = 20;

/** Explains a command with what it can do in a workspace, and with the models that its members can choose. */
export function explainedCard(deps: ExplainDeps, chooser: Chooser, explained: Command, text: Text): Card {
  const offer = offerFor(explained, deps.providers, chooser.brought, choiceIn(chooser, {}));
  const card = commandCard(offered(explained, offer), text);
  if (!explained.options.some(({ kind }) => kind.kind === 'model') || !isChoice(deps, chooser)) return card;
  const listing = { command: explained, chooser, given: {}, typed: '', max: maxListed };
  const { models, more } = listModels(deps, listing, text);
  const blocks: Block[] = [
    { kind: 'text', text: `${text.commands.models.title}:` },
    { kind: 'fields', fields: models.map(({ word, facts }) => ({ label: word, value: facts })) },
    ...(more > 0 ? [{ kind: 'text', text: text.commands.models.more(more) } as const] : []),
  ];
  return { ...card, blocks: [...card.blocks, ...blocks] };
}

type Costs = { prices: { label: string; value: string }[]; models: readonly ListedModel[] };

function overview(commands: readonly Command[], { prices, models }: Costs, text: Text): Card {
  const { help } = text.commands;
  const { choose } = text.commands.models;
  const fields = commands.map((one) => ({ label: usageOf(one, text), value: one.describe(text) }));
  const blocks: Block[] = [
    { kind: 'text', text: help.intro },
    { kind: 'fields', fields },
    { kind: 'text', text: help.more },
    { kind: 'text', text: `${help.prices}:` },
    { kind: 'fields', fields: prices },
    ...(models.length > 0 ? [{ kind: 'text', text: choose(models.map(({ word }) => word)) } as const] : []),
    { kind: 'text', text: help.promise },
  ];
  return { ...textCard('plain', help.title), blocks };
}

export function commandCard(explained: Command, text: Text): Card {
  const { help } = text.commands;
  const fields = explained.options.map((option) => ({ label: optionUsage(option), value: optionHelp(option, text) }));
  const blocks: Block[] = [
    { kind: 'text', text: explained.describe(text) },
    fields.length === 0 ? { kind: 'text', text: help.noOptions } : { kind: 'fields', fields },
  ];
  return { ...textCard('plain', usageOf(explained, text)), blocks };
}
