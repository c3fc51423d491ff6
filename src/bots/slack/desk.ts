import { tidiedLine } from '../../db/plainText.ts';
import type { Opaque } from '../../db/vocabulary.ts';
import { settingsOf } from '../../db/workspaces.ts';
import { isOpen } from '../../pipeline/submit.ts';
import type { TurnLog } from '../../pipeline/turn.ts';
import { acceptedWords } from '../acceptedCard.ts';
import { type Card, textCard } from '../card.ts';
import { perform } from '../commands/all.ts';
import type { Command } from '../commands/command.ts';
import type { Given } from '../commands/read.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { refusalCard } from '../refusalCard.ts';
import type { Services } from '../services.ts';
import { type Text, textOf } from '../text.ts';
import type { Asker } from './asker.ts';
import { cardMessage } from './cardBlocks.ts';
import type { SlackConnection, SlackConnections } from './connections.ts';
import { attachedImage } from './createForm.ts';
import type { KnownMember, Members } from './members.ts';
import { enter } from './membership.ts';
import { openSlackFile } from './openImage.ts';
import { reply } from './reply.ts';
import type { SlackSettings } from './settings.ts';
import { workspaceOf } from './workspace.ts';

export type DeskNeeds = {
  services: Services;
  connections: SlackConnections;
  members: Members;
  settings: SlackSettings;
  log: TurnLog;
  signal: AbortSignal;
};

/** Somebody who asked, known and reachable: everything that carrying out a request takes. */
export type Visit = {
  needs: DeskNeeds;
  asker: Asker;
  connection: SlackConnection;
  known: KnownMember;
  text: Text;
  request: CommandRequest;
};

/** What it answers with holds for an hour, so it must hold now. */
const takesRightsAlong = (command: Command) => command.name === 'web';

/** Workflows spend credits, and speak where they were asked for. */
const startsRun = (command: Command) => ['complete', 'image', 'video'].includes(command.name);

/**
 * Receives somebody. Whatever goes wrong from here on is told to them, in their language where
 * it is known by then, and never leaves this function.
 */
export async function receive(needs: DeskNeeds, asker: Asker, work: (visit: Visit) => Promise<void>): Promise<void> {
  let connection: SlackConnection | null = null;
  let text = textOf('en');
  try {
    const id = workspaceOf(asker.source);
    connection = id ? await needs.connections.of(id) : null;
    if (!id || !connection) {
      const { title, text: words } = text.slack.notInstalled;
      return await reply(null, asker, cardMessage(textCard('bad', title, words('')), text));
    }
    const known = await needs.members.find(connection.client, { workspaceId: id, ...asker });
    text = textOf(known.locale);
    const workspace = { id, face: 'slack', name: tidiedLine(asker.workspaceName, id) } as const;
    const visit = { needs, asker, connection, known, text };
    await work({ ...visit, request: requestOf(visit, workspace) });
  } catch (error) {
    needs.log.error({ face: 'slack', error }, 'a request could not be carried out');
    const { title, text: words } = text.slack.fault;
    const message = cardMessage(textCard('bad', title, words), text);
    await reply(connection?.client ?? null, asker, message).catch((failure: unknown) =>
      needs.log.warn({ face: 'slack', error: failure }, 'nobody could be told of it'),
    );
  }
}

function requestOf(
  { needs, asker, connection, known }: Omit<Visit, 'request'>,
  workspace: CommandRequest['workspace'],
): CommandRequest {
  const { channel, threadTs, userId, fileId, source, isPress = false } = asker;
  const place: Opaque = {
    channel: channel ?? userId,
    threadTs,
    userId,
    teamId: source.teamId ?? '',
    locale: known.locale,
  };
  return {
    services: needs.services,
    workspace,
    member: known.member,
    requestKey: asker.requestKey,
    place,
    channelIds: channel === null ? [] : [channel],
    isPress,
    locale: known.locale,
    openImage: async (reference) =>
      reference === attachedImage && fileId !== null
        ? await openSlackFile(connection, fileId, needs.settings.apiUrl)
        : null,
    signal: needs.signal,
  };
}

/** Who somebody is now, for what only admins may do: an hour-old answer would let in whom an admin has just sent away. */
export async function asOfNow(visit: Visit): Promise<CommandRequest> {
  const { needs, asker, connection, request } = visit;
  const who = { workspaceId: request.workspace.id, ...asker };
  const { member } = await needs.members.find(connection.client, who, { fresh: true });
  return { ...request, member };
}

/** Carries a command out; null when its answer has been given already. */
export async function carryOut(visit: Visit, command: Command, given: Given): Promise<Answer | null> {
  if (command.access === 'admin' || takesRightsAlong(command)) {
    return await perform(await asOfNow(visit), command, given);
  }
  if (!startsRun(command)) return await perform(visit.request, command, given);
  // Checked first, so that a slip of the pen neither joins a channel nor says that something is on its way.
  const checked = command.check(given);
  if (checked.outcome === 'refused') return { kind: 'refusal', refusal: checked.refusal };
  return (await entered(visit)) ? await perform(visit.request, command, given) : null;
}

/** True when a run may speak where somebody asked for it; else they have been told what to do. */
export async function entered(visit: Visit): Promise<boolean> {
  const { asker, connection, text, request } = visit;
  // Before the channel is joined: nobody wants the bot where it may not be used.
  const { channels } = await settingsOf(request.services.db, request.workspace.id);
  if (!isOpen(channels, request.channelIds)) {
    await say(visit, refusalCard({ reason: 'elsewhere', channels }, text));
    return false;
  }
  if (asker.channel === null) return true;
  const at = { channel: asker.channel, threadTs: asker.threadTs, userId: asker.userId };
  const entry = await enter(connection.client, at, cardMessage(textCard('plain', text.slack.here), text));
  if (entry.outcome === 'in') return true;
  const { title, text: words } = entry.outcome === 'outside' ? text.slack.invite : text.slack.archived;
  await say(visit, textCard('warning', title, words));
  return false;
}

export const say = (visit: Visit, card: Card): Promise<void> =>
  reply(visit.connection.client, visit.asker, cardMessage(card, visit.text));

/** The card of an answer, for whoever asked and nobody else; null for a form, which needs a modal. */
export function cardOf(answer: Answer, text: Text): Card | null {
  switch (answer.kind) {
    case 'card':
    case 'status':
    case 'stopping':
      return answer.card;
    case 'refusal':
      return refusalCard(answer.refusal, text);
    case 'run': {
      const { accepted } = text.slack;
      if (!answer.started) return textCard('plain', accepted.title, accepted.repeated);
      return textCard('working', accepted.title, `${acceptedWords(answer.started, text)} ${accepted.thread}`);
    }
    case 'form':
      return null;
  }
}
