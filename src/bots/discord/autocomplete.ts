import { InteractionResponseType } from 'discord-api-types/v10';
import { listRuns } from '../../db/runs.ts';
import { commands } from '../commands/all.ts';
import { isByModel, offeredOption, offerFor, valuesOf } from '../commands/offered.ts';
import { shortId } from '../runCard.ts';
import { workspaceOf } from './conversation.ts';
import type { ChatCommand, GivenOption } from './incoming.ts';
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
  const choices = focused ? await choicesFor(context, name, focused) : [];
  await context.reply.respond({
    type: InteractionResponseType.ApplicationCommandAutocompleteResult,
    data: { choices: choices.slice(0, maxChoices) },
  });
}

async function choicesFor(
  { bot, interaction, text }: RequestContext,
  commandName: string,
  focused: GivenOption,
): Promise<Choice[]> {
  const member = memberOf(interaction);
  const { name: option, value = '' } = focused;
  const workspaceId = workspaceOf(interaction.guild_id ?? null, member.id);
  const command = commands.find((one) => one.name === commandName);
  const declared = command?.options.find((one) => one.name === option);
  if (command && declared && isByModel(declared)) {
    const brought = await bot.services.keys.of(workspaceId);
    const able = offeredOption(declared, offerFor(command, bot.services.providers, brought));
    const choices = valuesOf(able).filter((one) => one.startsWith(String(value).trim().toLowerCase()));
    return choices.map((one) => ({ name: one, value: declared.kind.kind === 'number' ? Number(one) : one }));
  }
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
