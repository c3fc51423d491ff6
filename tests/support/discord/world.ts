import { EventEmitter } from 'node:events';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { z } from 'zod';

const mebibyte = 1024 * 1024;
/** Upload limits by boost tier, in bytes. */
export const tierLimits = [10, 10, 50, 100].map((amount) => amount * mebibyte);

export const everything =
  Object.values(PermissionFlagsBits).reduce((all, one) => all | one, 0n) & ~PermissionFlagsBits.Administrator;

/** The parts of our messages that the simulator reads. */
export type Component = {
  type: number;
  content?: string | undefined;
  custom_id?: string | undefined;
  label?: string | undefined;
  components?: Component[] | undefined;
  items?: { media: { url: string }; spoiler?: boolean | undefined }[] | undefined;
  options?: { label: string; value: string }[] | undefined;
};
const component: z.ZodType<Component> = z.looseObject({
  type: z.int(),
  content: z.string().optional(),
  custom_id: z.string().optional(),
  label: z.string().optional(),
  components: z.lazy(() => z.array(component)).optional(),
  items: z
    .array(z.looseObject({ media: z.looseObject({ url: z.string() }), spoiler: z.boolean().optional() }))
    .optional(),
  options: z.array(z.looseObject({ label: z.string(), value: z.string() })).optional(),
});
export const messageBody = z.looseObject({
  content: z.string().nullish(),
  embeds: z.array(z.unknown()).nullish(),
  flags: z.int().optional(),
  components: z.array(component).optional(),
  attachments: z
    .array(
      z.looseObject({
        id: z.union([z.string(), z.number()]),
        filename: z.string().optional(),
        is_spoiler: z.boolean().optional(),
      }),
    )
    .optional(),
  allowed_mentions: z.looseObject({ parse: z.array(z.string()), users: z.array(z.string()).optional() }).optional(),
  nonce: z.string().optional(),
  enforce_nonce: z.boolean().optional(),
  message_reference: z.looseObject({ message_id: z.string() }).optional(),
});
export type MessageBody = z.infer<typeof messageBody>;

export type StoredAttachment = {
  id: string;
  filename: string;
  bytes: Uint8Array;
  contentType: string;
  isSpoiler: boolean;
};
export type Message = {
  id: string;
  channelId: string;
  flags: number;
  components: Component[];
  attachments: StoredAttachment[];
  nonce: string | null;
  reference: string | null;
  /** The members that the post notified. */
  pings: readonly string[];
  /** The number of its edits. */
  edits: number;
  /** The only member who sees it. */
  onlyFor: string | null;
  /** The interaction that it answers. */
  interactionId: string | null;
};
export type Channel = {
  id: string;
  type: number;
  guildId: string | null;
  name: string;
  parentId: string | null;
  botPermissions: bigint;
  archived: boolean;
  locked: boolean;
  /** The members who were added to a thread. */
  members: Set<string>;
};
export type Guild = { id: string; name: string; tier: number; locale: string };
export type Interaction = {
  id: string;
  token: string;
  channelId: string;
  userId: string;
  bornAt: number;
  /** The message with the pressed button. Null: none. */
  pressedId: string | null;
  /** The type of the first answer; null: none yet. */
  answered: number | null;
  originalId: string | null;
  /** The data of the first answer. */
  data: unknown;
  /** Messages that only the asker sees, as they came. */
  ephemeralReplies: Message[];
};

const createApplication = (): { verify_key: string; interactions_endpoint_url: string | null } => ({
  verify_key: '',
  interactions_endpoint_url: null,
});

/** The whole state of the simulated Discord. */
export function createWorld() {
  const changes = new EventEmitter().setMaxListeners(0);
  let serial = 0n;
  // Milliseconds by which tests have advanced the clock.
  let skipped = 0;
  const now = () => Date.now() + skipped;
  const world = {
    applicationId: '900000000000000001',
    /** The application's settings in the developer portal. */
    application: createApplication(),
    /** The number of connections that Discord recommends, and the number that may still be opened today. */
    connections: { wanted: 1, left: 1_000 },
    token: `token-${Math.random().toString(36).slice(2)}`,
    guilds: new Map<string, Guild>(),
    /** How long an interaction may wait for its first answer. Milliseconds. */
    firstAnswerMs: 3_000,
    /** Servers in an outage. */
    unavailable: new Set<string>(),
    channels: new Map<string, Channel>(),
    messages: new Map<string, Message>(),
    interactions: new Map<string, Interaction>(),
    commands: [] as Record<string, unknown>[],
    registrations: 0,
    /** Rules of Discord that requests broke. */
    violations: [] as string[],
    requests: [] as { method: string; path: string; status: number }[],
    now,
    /** Advances the clock, so that interactions expire. */
    skip: (ms: number) => {
      skipped += ms;
    },
    newId: () => {
      serial += 1n;
      return String(((BigInt(now()) - 1_420_070_400_000n) << 22n) | serial);
    },
    changed: () => changes.emit('change'),
    /** Resolves when `look` returns a value. It has no time limit of its own; the test's limit ends it. */
    until: <T>(look: () => T | null | undefined | false): Promise<T> =>
      new Promise((resolve) => {
        const check = () => {
          const found = look();
          if (found === null || found === undefined || found === false) return;
          changes.off('change', check);
          resolve(found);
        };
        changes.on('change', check);
        check();
      }),
    messagesIn: (channelId: string): Message[] =>
      [...world.messages.values()].filter((message) => message.channelId === channelId && message.onlyFor === null),
  };
  return world;
}
export type World = ReturnType<typeof createWorld>;

/** All text that a person reads in a message. */
export function readable(components: readonly Component[]): string {
  return components
    .map((one) => [one.content ?? '', one.label ? `[${one.label}]` : '', readable(one.components ?? [])].join('\n'))
    .join('\n')
    .replace(/\n+/g, '\n')
    .trim();
}

export const flat = (components: readonly Component[]): Component[] =>
  components.flatMap((one) => [one, ...flat(one.components ?? [])]);

/** The custom id of a message's button, by its label. */
export const buttonId = (message: Pick<Message, 'components'>, label: string): string => {
  const button = flat(message.components).find((one) => one.label === label);
  if (!button?.custom_id) throw new Error(`no button "${label}" in: ${readable(message.components)}`);
  return button.custom_id;
};

/** The menu of a message: its custom id, and the value of the option with this label. */
export function menuOption(message: Pick<Message, 'components'>, label: string): { customId: string; value: string } {
  const menu = flat(message.components).find(({ options }) => options !== undefined);
  const option = menu?.options?.find((one) => one.label === label);
  const labels = menu?.options?.map((one) => one.label) ?? [];
  if (!menu?.custom_id || !option) throw new Error(`no option "${label}" among: ${labels.join(', ')}`);
  return { customId: menu.custom_id, value: option.value };
}

/** The labels of a message's rows, row by row. */
export const rowsOf = (message: Pick<Message, 'components'>): string[][] =>
  flat(message.components)
    .filter(({ type }) => type === 1)
    .map(({ components = [] }) =>
      components.flatMap(({ label, options }) => options?.map((one) => one.label) ?? label ?? []),
    );
