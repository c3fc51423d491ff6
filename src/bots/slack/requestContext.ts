import { settingsOf } from '../../db/workspaces.ts';
import type { JsonValue } from '../../domain.ts';
import type { Logger } from '../../observability/log.ts';
import { isOpen } from '../../pipeline/submit.ts';
import { tidiedLine } from '../../plainText.ts';
import { acceptedWords } from '../acceptedCard.ts';
import { type Card, textCard } from '../card.ts';
import { perform } from '../commands/all.ts';
import type { Command } from '../commands/command.ts';
import type { Given } from '../commands/read.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { faultWords } from '../faultWords.ts';
import { createAddressOf } from '../mediaAddress.ts';
import { refusalCard } from '../refusalCard.ts';
import type { Services } from '../services.ts';
import { type Text, textOf } from '../text.ts';
import { createMediaLinks } from '../web/links.ts';
import { fitted, limits, pictureAt, type SlackBlock } from './blocks.ts';
import { isShownInline } from './buttons.ts';
import { cardMessage, type SlackMessage } from './cardBlocks.ts';
import { refusalOf } from './client.ts';
import type { SlackConnection, SlackConnections } from './connections.ts';
import { attachedImage } from './createForm.ts';
import type { KnownMember, Members } from './members.ts';
import { enter } from './membership.ts';
import { FilesUnreadable, openSlackFile } from './openImage.ts';
import { reply } from './reply.ts';
import type { Requester } from './requester.ts';
import type { SlackSettings } from './settings.ts';
import { workspaceOf } from './workspace.ts';

export type RequestDeps = {
  services: Services;
  connections: SlackConnections;
  members: Members;
  settings: SlackSettings;
  log: Logger;
  signal: AbortSignal;
};

/** An identified requester, with everything needed to carry out a request. */
export type RequestContext = {
  deps: RequestDeps;
  requester: Requester;
  connection: SlackConnection;
  known: KnownMember;
  text: Text;
  request: CommandRequest;
};

/**
 * Identifies the requester, then runs the work. Any fault from here on is told to the requester, in their language if it is known
 * by then. This function never rejects.
 */
export async function receive(
  deps: RequestDeps,
  requester: Requester,
  work: (context: RequestContext) => Promise<void>,
): Promise<void> {
  let connection: SlackConnection | null = null;
  let text = textOf('en');
  try {
    const id = workspaceOf(requester.source);
    connection = id ? await deps.connections.of(id) : null;
    if (!id || !connection) {
      const { title, text: words } = text.slack.notInstalled;
      return await reply(null, requester, cardMessage(textCard('bad', title, words('')), text));
    }
    const known = await deps.members.find(connection, { workspaceId: id, ...requester });
    text = textOf(known.locale);
    const workspace = { id, platform: 'slack', name: tidiedLine(requester.workspaceName, id) } as const;
    const context = { deps, requester, connection, known, text };
    await work({ ...context, request: requestOf(context, workspace) });
  } catch (error) {
    const isKnown = error instanceof FilesUnreadable;
    if (!isKnown) deps.log.error({ platform: 'slack', error }, 'a request could not be carried out');
    const { title, text: words } = isKnown ? text.slack.unreadable : faultWords(error, text, 'slack');
    const message = cardMessage(textCard('bad', title, words), text);
    await reply(connection?.client ?? null, requester, message).catch((failure: unknown) =>
      deps.log.warn({ platform: 'slack', error: failure }, 'nobody could be told of it'),
    );
  }
}

function requestOf(
  { deps, requester, connection, known }: Omit<RequestContext, 'request'>,
  workspace: CommandRequest['workspace'],
): CommandRequest {
  const { channel, threadTs, userId, fileIds, source, isPress = false } = requester;
  const conversation: JsonValue = {
    channel: channel ?? userId,
    threadTs,
    userId,
    teamId: source.teamId ?? '',
    locale: known.locale,
  };
  return {
    services: deps.services,
    workspace,
    member: known.member,
    requestKey: requester.requestKey,
    conversation,
    channelIds: channel === null ? [] : [channel],
    isPress,
    locale: known.locale,
    openImage: async (reference) => {
      const fileId = reference === attachedImage ? fileIds[0] : fileIds.find((one) => one === reference);
      return fileId === undefined ? null : await openSlackFile(connection, fileId, deps.settings.apiUrl);
    },
    signal: deps.signal,
  };
}

/**
 * Returns the request with the member's current rights, for what only admins may do. A remembered answer would let in a member
 * who has just lost those rights.
 */
export async function asOfNow(context: RequestContext): Promise<CommandRequest> {
  const { deps, requester, connection, request } = context;
  const who = { workspaceId: request.workspace.id, ...requester };
  const { member } = await deps.members.find(connection, who, { fresh: true });
  return { ...request, member };
}

/** Carries out a command. Null if its answer has already been given. */
export async function carryOut(context: RequestContext, command: Command, given: Given): Promise<Answer | null> {
  if (command.needsCurrentRights) {
    return await perform(await asOfNow(context), command, given);
  }
  if (!command.startsRun) return await perform(context.request, command, given);
  // We check the input first, so that a typing mistake neither joins a channel nor announces a run.
  const checked = command.check(given);
  if (checked.outcome === 'refused') return { kind: 'refusal', refusal: checked.refusal };
  return (await entered(context)) ? await perform(context.request, command, given) : null;
}

/** Returns true if a run may post where the member asked for it. Otherwise the member has been told what to do. */
export async function entered(context: RequestContext): Promise<boolean> {
  const { requester, connection, text, request } = context;
  // This comes before joining the channel: the bot should not join a channel where it may not be used.
  const { channels } = await settingsOf(request.services.db, request.workspace.id);
  if (!isOpen(channels, request.channelIds)) {
    await say(context, refusalCard({ reason: 'elsewhere', channels }, text));
    return false;
  }
  if (requester.channel === null) return true;
  const at = { channel: requester.channel, threadTs: requester.threadTs, userId: requester.userId };
  const entry = await enter(connection.client, at, cardMessage(textCard('plain', text.slack.here), text));
  if (entry.outcome === 'in') return true;
  const { title, text: words } = entry.outcome === 'outside' ? text.slack.invite : text.slack.archived;
  await say(context, textCard('warning', title, words));
  return false;
}

/** Replies with a card, and with its images if Slack can fetch them. */
export async function say(context: RequestContext, card: Card): Promise<void> {
  const message = cardMessage(card, context.text);
  const images = await imagesOf(context, card);
  if (images.length === 0) return await sayMessage(context, message);
  try {
    await sayMessage(context, { ...message, blocks: fitted(message.blocks, limits.blocksPerMessage, images) });
  } catch (error) {
    // Slack could not fetch one of them.
    if (refusalOf(error) !== 'invalid_blocks') throw error;
    await sayMessage(context, message);
  }
}

async function imagesOf({ request: { services } }: RequestContext, { media }: Card): Promise<SlackBlock[]> {
  const { store, vault, publicUrl, now } = services;
  const addressOf = createAddressOf({ store, publicUrl, now, links: createMediaLinks(vault.keyring) });
  const shown = media.filter((one) => one.kind === 'image' && isShownInline(one));
  const blocks = await Promise.all(
    shown.map(async ({ objectKey, label }) => {
      const address = await addressOf(objectKey);
      return address ? [pictureAt(address.url, label)] : [];
    }),
  );
  return blocks.flat();
}

export const sayMessage = (context: RequestContext, message: SlackMessage): Promise<void> =>
  reply(context.connection.client, context.requester, message);

/** Returns the card of an answer, for the requester alone. Null for a form, which needs a modal. */
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
