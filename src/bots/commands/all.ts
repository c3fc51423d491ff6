import { ensureWorkspace } from '../../db/workspaces.ts';
import type { CommandedWorkflow } from '../../domain.ts';
import { api } from './api.ts';
import { cancel } from './cancel.ts';
import { cast } from './cast.ts';
import type { Command, FormValues } from './command.ts';
import { complete } from './complete.ts';
import { credits } from './credits.ts';
import { edit } from './edit.ts';
import { createHelp } from './help.ts';
import { history } from './history.ts';
import { image } from './image.ts';
import { keys } from './keys.ts';
import { parseLine } from './parse.ts';
import { rateLimited } from './rateLimit.ts';
import type { Given } from './read.ts';
import type { Answer, CommandRequest } from './request.ts';
import { settings } from './settings.ts';
import { status } from './status.ts';
import { story } from './story.ts';
import { video } from './video.ts';
import { web } from './web.ts';

const work = [
  complete,
  image,
  video,
  story,
  edit,
  cast,
  status,
  cancel,
  history,
  credits,
  keys,
  settings,
  web,
  api,
] as const;

/** Every subcommand, in the order in which people meet them. To add one, write a file beside this one and add its name above. */
export const commands: readonly Command[] = [...work, createHelp(work)];

export const workflowCommands = { complete, image, video, story, edit } as const satisfies Record<
  CommandedWorkflow,
  Command
>;

/** Carries a command out. This is the single entry point for every platform. */
export async function perform(request: CommandRequest, command: Command, given: Given): Promise<Answer> {
  const { services, workspace } = request;
  await ensureWorkspace(services.db, workspace, services.freeCredits);
  const refusal = await rateLimited(request);
  if (refusal) return { kind: 'refusal', refusal };
  return await command.perform(request, given);
}

/** Carries out a form that somebody filled in. */
export async function submitForm(request: CommandRequest, command: Command, values: FormValues): Promise<Answer> {
  const { services, workspace } = request;
  await ensureWorkspace(services.db, workspace, services.freeCredits);
  const refusal = await rateLimited(request);
  if (refusal) return { kind: 'refusal', refusal };
  return await command.submit(request, values);
}

/** Carries out a typed line. */
export async function performLine(request: CommandRequest, line: string): Promise<Answer> {
  const parsed = parseLine(line, commands);
  if (parsed.outcome === 'refused') return { kind: 'refusal', refusal: parsed.refusal };
  return await perform(request, parsed.command, parsed.given);
}
