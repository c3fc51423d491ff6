import type { REST } from '@discordjs/rest';
import { commands } from '../bots/commands/all.ts';
import { applicationId, inviteLink, register } from '../bots/discord/register.ts';
import { createRest, statusOf } from '../bots/discord/rest.ts';
import { text } from '../bots/terminal/person.ts';
import { exitStatus, OperatorError } from './exit.ts';
import { reasonOf } from './explain.ts';
import { configure } from './open.ts';
import { print } from './output.ts';

const { discord: words } = text.operator;

/** `vidgenie discord register`: does the same as every start of a bot. */
export const registerCommands = (): Promise<number> =>
  withDiscord(async (rest) => print(words.registered[await register(rest, commands)]));

/** `vidgenie discord invite`. */
export const printInvite = (): Promise<number> =>
  withDiscord(async (rest) => print(inviteLink(await applicationId(rest))));

async function withDiscord(work: (rest: REST) => Promise<void>): Promise<number> {
  const { discord } = configure();
  if (discord === null) throw new OperatorError(words.noToken, exitStatus.misused);
  try {
    await work(createRest(discord, 'bot'));
    return exitStatus.done;
  } catch (error) {
    if (statusOf(error) === 401) throw new OperatorError(words.badToken, exitStatus.failed, error);
    throw new OperatorError(words.unreachable(discord.apiUrl, reasonOf(error)), exitStatus.failed, error);
  }
}
