import { z } from 'zod';
import { type CommandedWorkflow, commandedWorkflows } from '../../../domain.ts';
import { textCard } from '../../card.ts';
import { commands } from '../../commands/all.ts';
import { parseLine } from '../../commands/parse.ts';
import { refusalCard } from '../../refusalCard.ts';
import type { Acknowledge } from '../acknowledge.ts';
import { formView } from '../adminForm.ts';
import type { SlackMessage } from '../cardBlocks.ts';
import { attachedImage } from '../createForm.ts';
import { unescaped } from '../escape.ts';
import { commandPayload, mentionPayload, sourceOfCommand, sourceOfEvent } from '../payloads.ts';
import { cardOf, carryOut, type RequestContext, type RequestDeps, receive, say } from '../requestContext.ts';
import type { Requester } from '../requester.ts';
import { openAdminForm, openCreateForm } from './modals.ts';
import { proposedChange } from './words.ts';

/**
 * Handles `/vidgenie …`. Without words it opens the form for all workflows. A command whose input Slack can only take in a form
 * opens that form.
 */
export async function onCommand(
  deps: RequestDeps,
  body: unknown,
  acknowledge: Acknowledge<SlackMessage>,
): Promise<void> {
  const payload = commandPayload.parse(body);
  const requester: Requester = {
    source: sourceOfCommand(payload),
    workspaceName: payload.team_domain ?? payload.team_id ?? '',
    userId: payload.user_id,
    userName: payload.user_name ?? payload.user_id,
    channel: payload.channel_id,
    threadTs: null,
    responseUrl: payload.response_url,
    acknowledge,
    requestKey: `slack:command:${payload.trigger_id}`,
    fileIds: [],
  };
  const line = unescaped(payload.text).trim();
  const everything = { workflow: 'complete', prompt: null, on: null } as const;
  if (line === '') return await openCreateForm(deps, requester, payload.trigger_id, everything);
  const wish = wishForFile(line);
  if (wish) return await openCreateForm(deps, requester, payload.trigger_id, { ...wish, on: null });
  const parsed = parseLine(line, commands);
  if (parsed.outcome === 'parsed' && parsed.command.access === 'admin' && Object.keys(parsed.given).length === 0) {
    return await openAdminForm(deps, requester, payload.trigger_id, parsed.command);
  }
  await receive(deps, requester, (context) => answerLine(context, line, payload.trigger_id));
}

const begins = z.enum(commandedWorkflows);

/** The form for a command that needs a file, or asks for one. A member can attach a file to a form, but not to a slash command. */
function wishForFile(line: string): { workflow: CommandedWorkflow; prompt: string } | null {
  const [first = '', rest = ''] = line.split(/(?<=^\S+)\s+/, 2);
  const workflow = begins.safeParse(first.toLowerCase()).data;
  if (!workflow) return null;
  if (workflow === 'video' || workflow === 'edit') {
    return { workflow, prompt: rest.replace(/(^|\s)[-–—]{1,2}\w.*$/s, '') };
  }
  const others = line.replace(/\s[-–—]{1,2}ref(=\S*)?(?=\s|$)/, '');
  if (others === line) return null;
  const parsed = parseLine(others, commands);
  return { workflow, prompt: parsed.outcome === 'parsed' ? String(parsed.given.prompt ?? '') : '' };
}

/** Handles `@VidGenie …`, which works in threads, where Slack has no slash commands. The message may carry an image. */
export async function onMention(deps: RequestDeps, body: unknown): Promise<void> {
  const payload = mentionPayload.safeParse(body);
  // An app's mention has no user. We answer no bots, this one included.
  if (!payload.success) return;
  const { event, event_id: eventId } = payload.data;
  const source = sourceOfEvent(payload.data);
  const requester: Requester = {
    source,
    workspaceName: source.teamId ?? '',
    userId: event.user,
    userName: event.user,
    channel: event.channel,
    threadTs: event.thread_ts ?? event.ts,
    responseUrl: null,
    requestKey: `slack:event:${eventId}`,
    fileIds: event.files?.map(({ id }) => id) ?? [],
  };
  const words = unescaped(event.text.replace(/<@[UW][A-Z0-9]+(\|[^>]*)?>/g, ' ')).trim();
  const line = requester.fileIds.length === 0 ? words : withAttached(words);
  await receive(deps, requester, async (context) => {
    if (event.thread_ts && (await proposedChange(context, { ...event, thread_ts: event.thread_ts }, words))) return;
    await answerLine(context, line, null);
  });
}

/** Names the attached image where the command takes one. */
function withAttached(words: string): string {
  const [first = ''] = words.split(/\s/, 1);
  const workflow = begins.safeParse(first.toLowerCase()).data;
  if (!workflow) return words;
  switch (workflow) {
    case 'video':
    case 'edit':
      return `${first} ${attachedImage}${words.slice(first.length)}`;
    case 'complete':
    case 'image':
    case 'story':
      return `${first} --ref=${attachedImage}${words.slice(first.length).replace(/\s--ref(?=\s|$)/, '')}`;
  }
}

/** `triggerId`: opens the form of a command that has one. Null if the request has no trigger. */
async function answerLine(context: RequestContext, line: string, triggerId: string | null): Promise<void> {
  const parsed = parseLine(line, commands);
  if (parsed.outcome === 'refused') return await say(context, refusalCard(parsed.refusal, context.text));
  const answer = await carryOut(context, parsed.command, parsed.given);
  if (!answer) return;
  if (answer.kind === 'form' && triggerId !== null) {
    const view = formView(answer.form, context.text);
    await context.connection.client.views.open({ trigger_id: triggerId, view });
    return;
  }
  const { noForm } = context.text.slack;
  await say(context, cardOf(answer, context.text) ?? textCard('plain', noForm.title, noForm.text(parsed.command.name)));
}
