import { InteractionResponseType } from 'discord-api-types/v10';
import { castNames } from '../../db/cast.ts';
import { listRuns } from '../../db/runs.ts';
import type { WorkspaceId } from '../../domain.ts';
import { castName } from '../../pipeline/steps/cast.ts';
import { commands } from '../commands/all.ts';
import type { Command } from '../commands/command.ts';
import { choiceIn, chooserOf, listModels } from '../commands/modelChoices.ts';
import { isByModel, offeredOption, offerFor, shortlist, valuesOf } from '../commands/offered.ts';
import type { Given } from '../commands/read.ts';
import { shortId } from '../runCard.ts';
import type { Services } from '../services.ts';
import type { Text } from '../text.ts';
import { givenOf } from './commandGiven.ts';
import { workspaceOf } from './conversation.ts';
import type { ChatCommand, GivenOption } from './incoming.ts';
import { clip } from './markdown.ts';
import type { RequestContext } from './requestContext.ts';
import { memberOf } from './requester.ts';

const maxChoices = 25;
const maxChoice = 100;

type Choice = { name: string; value: string | number };

/**
 * Suggests values while a member types: the abilities of the server's models, and the member's own recent prompts and runs.
 * Nobody waits for it: without suggestions the member goes on typing.
 */
export async function suggestChoices(context: RequestContext, data: ChatCommand): Promise<void> {
  const [{ name, options }] = data.options;
  const focused = options.find((option) => option.focused);
  const choices = focused ? await choicesFor(context, name, focused, options) : [];
  await context.reply.respond({
    type: InteractionResponseType.ApplicationCommandAutocompleteResult,
    data: { choices: choices.slice(0, maxChoices) },
  });
}

async function choicesFor(
  { bot, interaction, text }: RequestContext,
  commandName: string,
  focused: GivenOption,
  options: readonly GivenOption[],
): Promise<Choice[]> {
  const member = memberOf(interaction);
  const { name: option, value = '' } = focused;
  const workspaceId = workspaceOf(interaction.guild_id ?? null, member.id);
  const command = commands.find((one) => one.name === commandName);
  const declared = command?.options.find((one) => one.name === option);
  if (declared?.kind.kind === 'cast') {
    const begun = String(value).trim().toLowerCase().replace(/^@/u, '');
    const names = await castNames(bot.services.db, workspaceId);
    return names.filter((one) => one.startsWith(begun)).map((one) => ({ name: `@${one}`, value: one }));
  }
  const given = givenOf(options.filter((one) => one !== focused));
  if (command && declared?.kind.kind === 'model') {
    return await modelChoices(bot.services, { command, workspaceId, given, typed: String(value) }, text);
  }
  if (command && declared && isByModel(declared)) {
    const chooser = await chooserOf(bot.services, workspaceId);
    const { providers } = bot.services;
    const able = offeredOption(declared, offerFor(command, providers, chooser.brought, choiceIn(chooser, given)));
    const choices = valuesOf(able).filter((one) => one.startsWith(String(value).trim().toLowerCase()));
    if (declared.kind.kind !== 'number') return choices.map((one) => ({ name: one, value: one }));
    return shortlist(choices.map(Number)).map((one) => ({ name: String(one), value: one }));
  }
  const begun = option === 'prompt' ? castNameBegun(String(value)) : null;
  if (begun) return castChoices(begun, await castNames(bot.services.db, workspaceId));
  const views = await listRuns(bot.services.db, workspaceId, { limit: 50, memberId: member.id });
  const words = String(value).trim().toLowerCase();
  if (option === 'run') {
    return views
      .filter(({ run }) => run.id.startsWith(words) || run.prompt.toLowerCase().includes(words))
      .map(({ run }) => ({
        name: text.measures.few(`${shortId(run.id)} · ${text.runs.states[run.state]} · ${run.prompt}`, maxChoice / 2),
        value: shortId(run.id),
      }));
  }
  if (option !== 'prompt') return [];
  // A longer prompt does not fit into a choice's value.
  const prompts = views.map(({ run }) => run.prompt.trim()).filter((prompt) => prompt.length <= maxChoice);
  return [...new Set(prompts)]
    .filter((prompt) => prompt.toLowerCase().includes(words))
    .map((prompt) => ({ name: prompt, value: prompt }));
}

type ModelTyped = { command: Command; workspaceId: WorkspaceId; given: Given; typed: string };

/** A choice replaces all that was typed, so it repeats the models before the one that somebody is typing. */
async function modelChoices(
  services: Services,
  { command, workspaceId, given, typed }: ModelTyped,
  text: Text,
): Promise<Choice[]> {
  const last = typed.search(/[^+,]*$/u);
  const before = typed.slice(0, last);
  const chooser = await chooserOf(services, workspaceId);
  const known = before === '' ? given : { ...given, model: before };
  const { models } = listModels(
    services,
    {
      command,
      chooser,
      given: known,
      typed: typed.slice(last),
      max: maxChoices,
      maxWord: maxChoice - before.length,
    },
    text,
  );
  return models.map(({ word, facts }) => ({ name: labelled(word, facts), value: before + word }));
}

/** The price of a model is worth more than the end of a long name. */
function labelled(word: string, facts: string): string {
  const tail = ` · ${facts}`;
  const room = Math.max(20, maxChoice - tail.length);
  return clip(`${clip(word, room)}${tail}`, maxChoice);
}

/** The beginning of a name of the cast at the end of what a member has typed, and the words before it. */
function castNameBegun(typed: string): { before: string; name: string } | null {
  const found = /^(|.*[^\p{L}\p{N}_.@-])@([\p{L}\p{N}_-]*)$/su.exec(typed);
  return found ? { before: found[1] ?? '', name: castName(found[2] ?? '') } : null;
}

/** A choice replaces all that was typed, so the whole prompt has to fit into it. */
function castChoices({ before, name }: { before: string; name: string }, names: readonly string[]): Choice[] {
  return names
    .filter((known) => known.startsWith(name))
    .map((known) => `${before}@${known}`)
    .filter((prompt) => prompt.length <= maxChoice)
    .map((prompt) => ({ name: prompt, value: prompt }));
}
