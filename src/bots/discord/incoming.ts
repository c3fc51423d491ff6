import { ApplicationCommandType, ComponentType, InteractionType } from 'discord-api-types/v10';
import { z } from 'zod';
import { snowflake } from './conversation.ts';

const bits = z
  .string()
  .regex(/^\d{1,30}$/)
  .transform(BigInt);
const user = z.object({ id: snowflake, username: z.string(), global_name: z.string().nullish() });

/** The parts of Discord's interactions that we read. They are the same over the gateway and over HTTP. */
const base = {
  id: snowflake,
  application_id: snowflake,
  // The token becomes part of an address, and an unpaired surrogate cannot.
  token: z
    .string()
    .min(1)
    .refine((words) => words.isWellFormed()),
  guild_id: snowflake.optional(),
  channel: z.object({ id: snowflake, type: z.int(), parent_id: snowflake.nullish() }).optional(),
  member: z.object({ user, nick: z.string().nullish(), permissions: bits }).optional(),
  user: user.optional(),
  locale: z.string().default('en-US'),
  app_permissions: bits.default(0n),
};

const attachment = z.object({
  id: snowflake,
  filename: z.string(),
  size: z.int(),
  url: z.url(),
  content_type: z.string().optional(),
});
export type IncomingAttachment = z.infer<typeof attachment>;
const resolved = z.object({ attachments: z.record(snowflake, attachment).optional() });

const value = z.object({
  name: z.string(),
  type: z.int(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  focused: z.boolean().optional(),
});
const subcommand = z.object({ name: z.string(), type: z.literal(1), options: z.array(value).default([]) });
export type GivenOption = z.infer<typeof value>;

const chatData = z.object({
  type: z.literal(ApplicationCommandType.ChatInput),
  name: z.string(),
  options: z.tuple([subcommand]),
  resolved: resolved.optional(),
});

const picture = z.object({ url: z.url().optional(), proxy_url: z.url().optional() });
const message = z.object({
  attachments: z.array(attachment).default([]),
  embeds: z.array(z.object({ image: picture.optional(), thumbnail: picture.optional() })).default([]),
});
export type IncomingMessage = z.infer<typeof message>;

const messageData = z.object({
  type: z.literal(ApplicationCommandType.Message),
  name: z.string(),
  target_id: snowflake,
  resolved: z.object({ messages: z.record(snowflake, message) }),
});

const field = z.object({
  type: z.int().optional(),
  custom_id: z.string(),
  value: z.union([z.string(), z.boolean()]).nullish(),
  values: z.array(z.string()).optional(),
});
const row = z.union([
  z.object({ component: field }),
  z.object({ components: z.array(field) }),
  // A text between the fields carries no value.
  z.object({ type: z.int() }),
]);

const ping = z.object({ type: z.literal(InteractionType.Ping) });
const command = z.object({
  ...base,
  type: z.literal(InteractionType.ApplicationCommand),
  data: z.union([chatData, messageData]),
});
/** The message that holds a button, a menu, or the button that opened a modal. */
const pressedMessage = z.object({
  id: snowflake.optional(),
  flags: z.int().default(0),
  components: z.array(z.unknown()).default([]),
});
const component = z.object({
  ...base,
  type: z.literal(InteractionType.MessageComponent),
  /** `values`: the chosen options of a menu. */
  data: z.object({ custom_id: z.string(), values: z.array(z.string()).default([]) }),
  message: pressedMessage.default({ flags: 0, components: [] }),
});
const autocomplete = z.object({
  ...base,
  type: z.literal(InteractionType.ApplicationCommandAutocomplete),
  data: chatData,
});
const modal = z.object({
  ...base,
  type: z.literal(InteractionType.ModalSubmit),
  data: z.object({ custom_id: z.string(), components: z.array(row), resolved: resolved.optional() }),
  message: pressedMessage.optional(),
});

/** The fields that every interaction has. */
export const envelope = z.object({ type: z.int(), locale: z.string().default('en-US') });

export const incoming = z.discriminatedUnion('type', [ping, command, component, autocomplete, modal]);
export type Incoming = Exclude<z.infer<typeof incoming>, { type: InteractionType.Ping }>;
/** A press on a button, or a choice in a menu. */
export type Pressed = z.infer<typeof component>;
export type Submitted = z.infer<typeof modal>;
export type ChatCommand = z.infer<typeof chatData>;
export type MessageCommand = z.infer<typeof messageData>;
export type ModalRow = z.infer<typeof row>;

/** Reads the values of a submitted modal by field name. Uploaded files are given by their ids, each on a line of its own. */
export function modalValues(rows: readonly ModalRow[]): Record<string, string> {
  const fields = rows.flatMap((one) =>
    'component' in one ? [one.component] : 'components' in one ? one.components : [],
  );
  return Object.fromEntries(
    fields.map(({ type, custom_id, value, values }) => {
      const separator = type === ComponentType.FileUpload ? '\n' : ',';
      return [custom_id, String(values?.join(separator) ?? value ?? '')];
    }),
  );
}
