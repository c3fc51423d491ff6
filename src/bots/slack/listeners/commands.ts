import { textCard } from '../../card.ts';
import { commands } from '../../commands/all.ts';
import { parseLine } from '../../commands/parse.ts';
import { refusalCard } from '../../refusalCard.ts';
import type { Acknowledge } from '../acknowledge.ts';
import type { Asker } from '../asker.ts';
import type { SlackMessage } from '../cardBlocks.ts';
import { attachedImage } from '../createForm.ts';
import { cardOf, carryOut, type DeskNeeds, receive, say, type Visit } from '../desk.ts';
import { unescaped } from '../escape.ts';
import { commandPayload, mentionPayload, sourceOfCommand, sourceOfEvent } from '../payloads.ts';
import { openAdminForm, openCreateForm } from './modals.ts';

/** `/vidgenie …`: without words it opens the form with everything, and so does a command that Slack can only take in a form. */
export async function onCommand(
  needs: DeskNeeds,
  body: unknown,
  acknowledge: Acknowledge<SlackMessage>,
): Promise<void> {
  const it = commandPayload.parse(body);
  const asker: Asker = {
    source: sourceOfCommand(it),
    workspaceName: it.team_domain ?? it.team_id ?? '',
    userId: it.user_id,
    userName: it.user_name ?? it.user_id,
    channel: it.channel_id,
    threadTs: null,
    responseUrl: it.response_url,
    acknowledge,
    requestKey: `slack:command:${it.trigger_id}`,
    fileId: null,
  };
  const line = unescaped(it.text).trim();
  const open = { on: null, prompt: null } as const;
  if (line === '') return await openCreateForm(needs, asker, it.trigger_id, { ...open, workflow: 'complete' });
  // A file can be given to a form, but not to a slash command.
  if (/^video(\s|$)/i.test(line)) {
    const prompt = line.replace(/^video\s*/i, '').replace(/(^|\s)[-–—]{1,2}\w.*$/s, '');
    return await openCreateForm(needs, asker, it.trigger_id, { ...open, workflow: 'video', prompt });
  }
  const parsed = parseLine(line, commands);
  if (parsed.outcome === 'parsed' && parsed.command.access === 'admin' && Object.keys(parsed.given).length === 0) {
    return await openAdminForm(needs, asker, it.trigger_id, parsed.command);
  }
  await receive(needs, asker, (visit) => answerLine(visit, line));
}

/** `@VidGenie …`: the way to ask within a thread, where Slack has no slash commands. An image may come along. */
export async function onMention(needs: DeskNeeds, body: unknown): Promise<void> {
  const it = mentionPayload.safeParse(body);
  // An app's mention has no user: bots, this one included, are not answered.
  if (!it.success) return;
  const { event, event_id: eventId } = it.data;
  const source = sourceOfEvent(it.data);
  const asker: Asker = {
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
  const line = asker.fileId === null ? words : words.replace(/^video(?=\s|$)/i, `video ${attachedImage}`);
  await receive(needs, asker, (visit) => answerLine(visit, line));
}

async function answerLine(visit: Visit, line: string): Promise<void> {
  const parsed = parseLine(line, commands);
  if (parsed.outcome === 'refused') return await say(visit, refusalCard(parsed.refusal, visit.text));
  const answer = await carryOut(visit, parsed.command, parsed.given);
  if (!answer) return;
  const { noForm } = visit.text.slack;
  await say(visit, cardOf(answer, visit.text) ?? textCard('plain', noForm.title, noForm.text(parsed.command.name)));
}
