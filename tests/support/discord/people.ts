import { createPrivateKey, sign } from 'node:crypto';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { vendors } from '../../../src/domain.ts';
import { answer } from './routes.ts';
import type { Channel, Interaction, Message, World } from './world.ts';

export type Person = { id: string; name: string; permissions: bigint; locale: string };
export type GivenFile = { filename: string; contentType: string; bytes: Uint8Array };
type Value = string | number | boolean | GivenFile;

type Saying = { replyTo?: string | null; isBot?: boolean; webhookId?: string | null };

/** An interaction as Discord sends it, and its later state. */
export type Asked = { interaction: Interaction; payload: Record<string, unknown> };

const optionTypes = { string: 3, number: 4, boolean: 5, object: 11 } as const;

/** The actions of people in Discord: they type commands, press buttons and fill in modals. */
export function createPeople(world: World, origin: () => string, keepFile: (file: GivenFile) => string) {
  function ask(who: Person, channel: Channel, type: number, data: Record<string, unknown>, more: object = {}): Asked {
    const interaction: Interaction = {
      id: world.newId(),
      token: `interaction.${world.newId()}`,
      channelId: channel.id,
      userId: who.id,
      bornAt: world.now(),
      pressedId: null,
      answered: null,
      originalId: null,
      data: null,
      ephemeralReplies: [],
    };
    world.interactions.set(interaction.token, interaction);
    const user = { id: who.id, username: who.name, global_name: null, discriminator: '0', avatar: null };
    const requester =
      channel.guildId === null
        ? { user }
        : {
            guild_id: channel.guildId,
            guild: { id: channel.guildId, locale: 'en-US', features: [] },
            member: {
              user,
              nick: null,
              permissions: String(who.permissions),
              roles: [],
              deaf: false,
              mute: false,
              flags: 0,
              joined_at: '2026-01-01T00:00:00Z',
            },
          };
    const payload = {
      id: interaction.id,
      application_id: world.applicationId,
      type,
      data,
      token: interaction.token,
      version: 1,
      channel_id: channel.id,
      channel: { id: channel.id, type: channel.type, name: channel.name, flags: 0, parent_id: channel.parentId },
      locale: who.locale,
      app_permissions: String(channel.botPermissions),
      entitlements: [],
      ...requester,
      attachment_size_limit: 10 * 1024 * 1024,
      authorizing_integration_owners: {},
      context: channel.guildId ? 0 : 1,
      ...more,
    };
    return { interaction, payload };
  }

  /** The message of a button, with the fields that client libraries require. */
  const messageIn = (channel: Channel) => ({
    id: world.newId(),
    channel_id: channel.id,
    content: '',
    type: 0,
    attachments: [],
    embeds: [],
    components: [],
    author: { id: world.applicationId, username: 'VidGenie', discriminator: '0', avatar: null, bot: true },
    mentions: [],
    mention_roles: [],
    mention_everyone: false,
    pinned: false,
    tts: false,
    flags: 0,
    timestamp: '2026-01-01T00:00:00Z',
    edited_timestamp: null,
  });

  const attachmentOf = (file: GivenFile) => {
    const id = keepFile(file);
    const url = `${origin()}/attachments/${id}/${encodeURIComponent(file.filename)}`;
    return {
      id,
      filename: file.filename,
      size: file.bytes.length,
      url,
      proxy_url: url,
      content_type: file.contentType,
    };
  };

  function chat(name: string, values: Record<string, Value>, focused?: string) {
    const attachments: Record<string, unknown> = {};
    const options = Object.entries(values).map(([option, value]) => {
      const common = { name: option, ...(option === focused ? { focused: true } : {}) };
      if (typeof value !== 'object') {
        const type = typeof value;
        return {
          ...common,
          type: type === 'string' || type === 'number' || type === 'boolean' ? optionTypes[type] : 3,
          value,
        };
      }
      const attachment = attachmentOf(value);
      attachments[attachment.id] = attachment;
      return { ...common, type: optionTypes.object, value: attachment.id };
    });
    return {
      id: '1',
      name: 'vidgenie',
      type: 1,
      resolved: { attachments },
      options: [{ name, type: 1, options }],
    };
  }

  return {
    command: (who: Person, channel: Channel, name: string, values: Record<string, Value> = {}) =>
      ask(who, channel, 2, chat(name, values)),
    complete: (who: Person, channel: Channel, name: string, values: Record<string, Value>, focused: string) =>
      ask(who, channel, 4, chat(name, values, focused)),
    messageCommand: (
      who: Person,
      channel: Channel,
      files: readonly GivenFile[],
      name: 'Animate with VidGenie' | 'Edit this image' = 'Animate with VidGenie',
    ) => {
      const id = world.newId();
      const messages = { [id]: { ...messageIn(channel), id, attachments: files.map(attachmentOf) } };
      return ask(who, channel, 2, {
        id: '2',
        name,
        type: 3,
        target_id: id,
        resolved: { messages },
      });
    },
    /** `on`: the message that has the button, for tests that depend on it. */
    press: (who: Person, channel: Channel, customId: string, on: Message | null = null): Asked => {
      const known = on ? { id: on.id, flags: on.flags, components: on.components } : {};
      const message = { ...messageIn(channel), ...known };
      const asked = ask(who, channel, 3, { custom_id: customId, component_type: 2 }, { message });
      asked.interaction.pressedId = on?.id ?? null;
      return asked;
    },
    /** Chooses an option of a menu. */
    choose: (who: Person, channel: Channel, { customId, value }: { customId: string; value: string }, on: Message) => {
      const message = { ...messageIn(channel), id: on.id, flags: on.flags, components: on.components };
      const asked = ask(who, channel, 3, { custom_id: customId, component_type: 3, values: [value] }, { message });
      asked.interaction.pressedId = on.id;
      return asked;
    },
    /** `on`: the message with the button that opened the modal. */
    submit: (
      who: Person,
      channel: Channel,
      customId: string,
      values: Record<string, Field>,
      on: Message | null = null,
    ) => {
      const attachments: Record<string, unknown> = {};
      const upload = (file: GivenFile) => {
        const attachment = attachmentOf(file);
        attachments[attachment.id] = attachment;
        return attachment.id;
      };
      const components = Object.entries(values).map(([name, value], index) => ({
        type: 18,
        id: index + 1,
        component: componentOf(name, value, index + 20, upload),
      }));
      const data = { custom_id: customId, components, resolved: { attachments } };
      const known = on
        ? { message: { ...messageIn(channel), id: on.id, flags: on.flags, components: on.components } }
        : {};
      return ask(who, channel, 5, data, known);
    },
    /**
     * A message as Discord tells a bot about it that has no privileged intent: without its words, unless they mention the bot or
     * somebody replies to the bot and notifies it.
     */
    say: (
      who: Person,
      channel: Channel,
      words: string,
      { replyTo = null, isBot = false, webhookId = null }: Saying = {},
    ) => {
      const isMentioned = words.includes(`<@${world.applicationId}>`);
      const user = { id: who.id, username: who.name, global_name: null, discriminator: '0', avatar: null, bot: isBot };
      return {
        ...messageIn(channel),
        guild_id: channel.guildId,
        content: isMentioned ? words : '',
        author: user,
        member: { nick: null, roles: [], joined_at: '2026-01-01T00:00:00Z', deaf: false, mute: false, flags: 0 },
        mentions: isMentioned
          ? [{ id: world.applicationId, username: 'VidGenie', discriminator: '0', avatar: null }]
          : [],
        type: replyTo === null ? 0 : 19,
        ...(replyTo === null ? {} : { message_reference: { message_id: replyTo, channel_id: channel.id } }),
        ...(webhookId === null ? {} : { webhook_id: webhookId }),
      };
    },
  };
}

const typed: readonly string[] = ['prompt', ...vendors, 'daily', 'blocked'];

type Field = string | readonly string[] | readonly GivenFile[];

/** A field of a submitted modal, in the form of its component. */
function componentOf(name: string, value: Field, id: number, upload: (file: GivenFile) => string) {
  const files = typeof value === 'string' ? [] : value.flatMap((one) => (typeof one === 'string' ? [] : [upload(one)]));
  if (files.length > 0) return { type: 19, id, custom_id: name, values: files };
  if (typeof value !== 'string') return { type: name === 'channels' ? 8 : 22, id, custom_id: name, values: value };
  if (typed.includes(name)) return { type: 4, id, custom_id: name, value };
  return { type: 3, id, custom_id: name, values: value === '' ? [] : [value] };
}

export const permissionsOf = {
  member: PermissionFlagsBits.ViewChannel | PermissionFlagsBits.SendMessages,
  moderator: PermissionFlagsBits.ViewChannel | PermissionFlagsBits.ManageMessages,
  admin: PermissionFlagsBits.ViewChannel | PermissionFlagsBits.ManageGuild,
};

/** Sends an interaction to the bot's own endpoint, signed as Discord does, and processes the answer. */
export async function sendOverHttp(
  world: World,
  endpoint: string,
  privateKeyPem: string,
  asked: Asked,
): Promise<Response> {
  const response = await sendSigned(world, endpoint, privateKeyPem, JSON.stringify(asked.payload));
  if (response.ok) {
    answer(world, asked.interaction, await response.clone().json());
    world.changed();
  }
  return response;
}

/** Sends any text to the bot's own endpoint, signed as Discord does. */
export async function sendSigned(
  world: World,
  endpoint: string,
  privateKeyPem: string,
  body: string,
): Promise<Response> {
  return await fetch(endpoint, { method: 'POST', headers: signatureOf(world, privateKeyPem, body), body });
}

/** The headers that Discord sends with a body. */
export function signatureOf(world: World, privateKeyPem: string, body: string): Record<string, string> {
  const timestamp = String(Math.floor(world.now() / 1000));
  return {
    'content-type': 'application/json',
    'x-signature-ed25519': sign(null, Buffer.from(timestamp + body), createPrivateKey(privateKeyPem)).toString('hex'),
    'x-signature-timestamp': timestamp,
  };
}
