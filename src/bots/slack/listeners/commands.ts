import { textCard } from '../../card.ts';
import { commands } from '../../commands/all.ts';
import { parseLine } from '../../commands/parse.ts';
import { refusalCard } from '../../refusalCard.ts';
import type { Acknowledge } from '../acknowledge.ts';
import type { SlackMessage } from '../cardBlocks.ts';
import { attachedImage } from '../createForm.ts';
import { unescaped } from '../escape.ts';
import { commandPayload, mentionPayload, sourceOfCommand, sourceOfEvent } from '../payloads.ts';
import { cardOf, carryOut, type RequestContext, type RequestDeps, receive, say } from '../requestContext.ts';
import type { Requester } from '../requester.ts';
import { openAdminForm, openCreateForm } from './modals.ts';

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
    fileId: null,
  };
  const line = unescaped(payload.text).trim();
  const open = { on: null, prompt: null } as const;
  if (line === '') return await openCreateForm(deps, requester, payload.trigger_id, { ...open, workflow: 'complete' });
  // A member can attach a file to a form, but not to a slash command.
  if (/^video(\s|$)/i.test(line)) {
    const prompt = line.replace(/^video\s*/i, '').replace(/(^|\s)[-–—]{1,2}\w.*$/s, '');
    return await openCreateForm(deps, requester, payload.trigger_id, { ...open, workflow: 'video', prompt });
  }
  const parsed = parseLine(line, commands);
  if (parsed.outcome === 'parsed' && parsed.command.access === 'admin' && Object.keys(parsed.given).length === 0) {
    return await openAdminForm(deps, requester, payload.trigger_id, parsed.command);
  }
  await receive(deps, requester, (context) => answerLine(context, line));
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
    fileId: event.files?.[0]?.id ?? null,
  };
  const words = unescaped(event.text.replace(/<@[UW][A-Z0-9]+(\|[^>]*)?>/g, ' ')).trim();
  const line = requester.fileId === null ? words : words.replace(/^video(?=\s|$)/i, `video ${attachedImage}`);
  await receive(deps, requester, (context) => answerLine(context, line));
}

async function answerLine(context: RequestContext, line: string): Promise<void> {
  const parsed = parseLine(line, commands);
  if (parsed.outcome === 'refused') return await say(context, refusalCard(parsed.refusal, context.text));
  const answer = await carryOut(context, parsed.command, parsed.given);
  if (!answer) return;
  const { noForm } = context.text.slack;
  await say(context, cardOf(answer, context.text) ?? textCard('plain', noForm.title, noForm.text(parsed.command.name)));
}
