import { z } from 'zod';
import { workflows } from '../../domain.ts';
import { quote } from '../../pipeline/submit.ts';
import { type Block, type Card, textCard } from '../card.ts';
import { type Text, textOf } from '../text.ts';
import { type Command, command } from './command.ts';
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
        const offer = offerFor(explained, services.providers, await services.keys.of(workspace.id));
        return { kind: 'card', card: commandCard(offered(explained, offer), text) };
      }
      const prices = await Promise.all(
        workflows.map(async (workflow) => ({
          label: workflow,
          value: text.commands.help.price(workflow, (await quote(services, workspace.id, workflow, {})).price),
        })),
      );
      const usable = others.filter((other) => other.access === 'member' || member.isAdmin);
      return { kind: 'card', card: overview(usable, prices, text) };
    },
  });
}

function overview(commands: readonly Command[], prices: { label: string; value: string }[], text: Text): Card {
  const { help } = text.commands;
  const fields = commands.map((one) => ({ label: usageOf(one, text), value: one.describe(text) }));
  const blocks: Block[] = [
    { kind: 'text', text: help.intro },
    { kind: 'fields', fields },
    { kind: 'text', text: help.more },
    { kind: 'text', text: `${help.prices}:` },
    { kind: 'fields', fields: prices },
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
