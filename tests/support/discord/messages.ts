import { ChannelType, PermissionFlagsBits } from 'discord-api-types/v10';
import { Refused } from './errors.ts';
import {
  type Channel,
  flat,
  type Interaction,
  type Message,
  type MessageBody,
  type StoredAttachment,
  tierLimits,
  type World,
} from './world.ts';

const componentsV2 = 1 << 15;
export const ephemeral = 1 << 6;
export type Upload = { index: string; filename: string; bytes: Uint8Array; contentType: string };

export const isThread = (channel: Channel) => channel.type === ChannelType.PublicThread;

export function channelOf(world: World, id: string): Channel {
  const channel = world.channels.get(id);
  if (!channel) throw new Refused(404, 10003, 'Unknown Channel');
  if ((channel.botPermissions & PermissionFlagsBits.ViewChannel) === 0n)
    throw new Refused(403, 50001, 'Missing Access');
  return channel;
}

export function messageOf(world: World, channelId: string, id: string): Message {
  const message = world.messages.get(id);
  if (!message || message.channelId !== channelId || message.onlyFor !== null)
    throw new Refused(404, 10008, 'Unknown Message');
  return message;
}

export function require(channel: Channel, permission: bigint): void {
  if ((channel.botPermissions & permission) !== permission) throw new Refused(403, 50013, 'Missing Permissions');
}

/** Discord's checks of a message before it accepts it. */
function check(
  world: World,
  body: MessageBody,
  attachments: readonly StoredAttachment[],
  channel: Channel | null,
): void {
  const wrong = (why: string) => new Refused(400, 50035, `Invalid Form Body: ${why}`);
  const components = flat(body.components ?? []);
  if (((body.flags ?? componentsV2) & componentsV2) === 0) throw wrong('a message without components');
  if (body.content || body.embeds?.length) throw wrong('content beside components');
  if (components.length === 0) throw wrong('empty');
  if (components.length > 40) throw wrong('more than 40 components');
  const text = components.reduce((sum, one) => sum + (one.content ?? '').length, 0);
  if (text > 4000) throw wrong(`${text} characters of text`);
  for (const one of components) {
    if (one.type === 10 && (one.content ?? '').trim() === '') throw wrong('an empty text');
    if (one.type === 1 && (one.components?.length ?? 0) > 5) throw wrong('more than five buttons in a row');
    if (one.type === 1 && one.components?.some(({ type }) => type === 3) && one.components.length > 1)
      throw wrong('a menu that shares its row');
    const options = one.options ?? [];
    if (one.type === 3 && (options.length === 0 || options.length > 25)) throw wrong(`${options.length} options`);
    if (new Set(options.map(({ value }) => value)).size < options.length) throw wrong('two options with one value');
    if (options.some(({ label, value }) => label.length > 100 || value.length > 100)) throw wrong('a long option');
    if (one.type === 2 && (one.label ?? '').length > 80) throw wrong('a label of more than 80 characters');
    if ((one.custom_id ?? '').length > 100) throw wrong('a custom_id of more than 100 characters');
    for (const item of one.items ?? []) {
      const [, name] = /^attachment:\/\/(.*)$/.exec(item.media.url) ?? [];
      const isThere =
        name === undefined ? URL.canParse(item.media.url) : attachments.some((one) => one.filename === name);
      if (!isThere) throw wrong(`no attachment ${item.media.url}`);
    }
  }
  const ids = components.flatMap(({ custom_id }) => custom_id ?? []);
  if (new Set(ids).size < ids.length) throw wrong('two components with one custom_id');
  if ((body.nonce ?? '').length > 25) throw wrong('a nonce of more than 25 characters');
  if (body.allowed_mentions?.parse.length !== 0) world.violations.push('a message that could ping somebody');
  for (const id of body.allowed_mentions?.users ?? []) {
    if (!components.some(({ content }) => content?.includes(`<@${id}>`)))
      world.violations.push(`${id} is not mentioned`);
  }
  const tier = channel?.guildId ? (world.guilds.get(channel.guildId)?.tier ?? 0) : 0;
  const limit = tierLimits[tier] ?? 0;
  if (attachments.some(({ filename }) => filename.startsWith('SPOILER_')))
    world.violations.push('a spoiler that only its name makes one');
  if (attachments.some(({ bytes }) => bytes.length > limit)) throw new Refused(413, 40005, 'Request entity too large');
}

function stored(world: World, body: MessageBody, uploads: readonly Upload[], before: readonly StoredAttachment[]) {
  const listed = body.attachments;
  if (!listed) {
    return [...before, ...uploads.map((upload) => ({ ...upload, id: world.newId(), isSpoiler: false }))];
  }
  return listed.flatMap(({ id, is_spoiler: isSpoiler = false }) => {
    const upload = uploads.find(({ index }) => index === String(id));
    if (upload) return [{ ...upload, id: world.newId(), isSpoiler }];
    const kept = before.find((one) => one.id === String(id));
    return kept ? [kept] : [];
  });
}

export type Posting = {
  body: MessageBody;
  uploads: readonly Upload[];
  onlyFor?: string | null;
  interactionId?: string | null;
};

/** Stores a message without any check of permissions. */
export function put(
  world: World,
  channelId: string,
  { body, uploads, onlyFor = null, interactionId = null }: Posting,
): Message {
  const channel = world.channels.get(channelId) ?? null;
  const attachments = stored(world, body, uploads, []);
  check(world, { ...body, flags: body.flags ?? 0 }, attachments, channel);
  const message: Message = {
    id: world.newId(),
    channelId,
    flags: (body.flags ?? 0) | (onlyFor === null ? 0 : ephemeral),
    components: body.components ?? [],
    attachments,
    onlyFor,
    interactionId,
    pings: body.allowed_mentions?.users ?? [],
    nonce: body.nonce ?? null,
    reference: body.message_reference?.message_id ?? null,
    edits: 0,
  };
  world.messages.set(message.id, message);
  return message;
}

/** The message that Discord shows in place of a slow answer, until there is one. */
const loading = 1 << 7;
export const isThinking = ({ flags }: Pick<Message, 'flags'>) => (flags & loading) !== 0;

export function putThinking(world: World, { id, channelId }: Pick<Interaction, 'id' | 'channelId'>): Message {
  const message: Message = {
    id: world.newId(),
    channelId,
    flags: loading,
    components: [],
    attachments: [],
    onlyFor: null,
    interactionId: id,
    pings: [],
    nonce: null,
    reference: null,
    edits: 0,
  };
  world.messages.set(message.id, message);
  return message;
}

/** A post by the bot itself. Checks permissions and locked threads, and the nonce that prevents a second copy. */
export function post(world: World, channelId: string, posting: Posting): Message {
  const channel = channelOf(world, channelId);
  require(channel, isThread(channel) ? PermissionFlagsBits.SendMessagesInThreads : PermissionFlagsBits.SendMessages);
  if (posting.uploads.length > 0) require(channel, PermissionFlagsBits.AttachFiles);
  if (channel.locked) throw new Refused(403, 160005, 'Thread is locked');
  channel.archived = false;
  const { nonce, enforce_nonce: isEnforced } = posting.body;
  const twin = world.messagesIn(channelId).find((message) => nonce !== undefined && message.nonce === nonce);
  if (twin && isEnforced) return twin;
  return put(world, channelId, posting);
}

export function edit(world: World, message: Message, { body, uploads }: Posting): Message {
  const channel = world.channels.get(message.channelId);
  if (channel?.archived) throw new Refused(400, 50083, 'Thread is archived');
  const attachments = stored(world, body, uploads, message.attachments);
  const components = body.components ?? message.components;
  const mentions = body.allowed_mentions ?? (body.components ? undefined : { parse: [] });
  check(world, { ...body, components, allowed_mentions: mentions }, attachments, channel ?? null);
  if ((body.allowed_mentions?.users ?? []).length > 0)
    world.violations.push('an edit that would have to ping somebody');
  message.attachments = attachments;
  message.components = components;
  // An ephemeral message stays ephemeral.
  message.flags = (body.flags ?? message.flags) | (message.onlyFor === null ? 0 : ephemeral);
  message.edits += 1;
  return message;
}

export const shown = (world: World, message: Message, origin: string) => ({
  id: message.id,
  channel_id: message.channelId,
  flags: message.flags,
  components: message.components,
  content: '',
  author: { id: world.applicationId, username: 'VidGenie', discriminator: '0', avatar: null, bot: true },
  attachments: message.attachments.map(({ id, filename, bytes, contentType }) => ({
    id,
    filename,
    size: bytes.length,
    content_type: contentType,
    url: `${origin}/attachments/${id}/${filename}`,
    proxy_url: `${origin}/attachments/${id}/${filename}`,
  })),
  type: 0,
  ...(message.interactionId === null ? {} : { interaction_metadata: { id: message.interactionId, type: 2 } }),
  timestamp: new Date(world.now()).toISOString(),
});
