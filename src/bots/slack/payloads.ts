import { z } from 'zod';
import type { SlackSource } from './workspace.ts';

// The parts of Slack's payloads that we read. Everything else is ignored.

const id = z.string().min(1).max(100);
const words = z.string().max(100_000);

export const commandPayload = z.object({
  text: words.default(''),
  team_id: id.nullish(),
  team_domain: words.nullish(),
  enterprise_id: id.nullish(),
  is_enterprise_install: z.string().nullish(),
  user_id: id,
  user_name: words.nullish(),
  channel_id: id,
  trigger_id: id,
  response_url: z.url(),
});

const person = z.object({ id, name: words.nullish(), username: words.nullish(), team_id: id.nullish() });

const interaction = z.object({
  team: z.object({ id, domain: words.nullish() }).nullish(),
  enterprise: z.object({ id }).nullish(),
  is_enterprise_install: z.union([z.boolean(), z.string()]).nullish(),
  user: person,
  trigger_id: id.nullish(),
  response_url: z.url().nullish().catch(null),
});
export type Interaction = z.infer<typeof interaction>;

const slackFile = z.object({ id, mimetype: words.nullish() });

export const shortcutPayload = interaction.extend({
  callback_id: id,
  channel: z.object({ id }).nullish(),
  message: z.object({ ts: id, thread_ts: id.nullish(), files: z.array(slackFile).nullish() }).nullish(),
});

export const actionPayload = interaction.extend({
  actions: z
    .array(
      z.object({
        action_id: id,
        action_ts: id.nullish(),
        /** Set for an entry of a menu. */
        selected_option: z.object({ value: id }).nullish(),
      }),
    )
    .min(1),
  channel: z.object({ id }).nullish(),
  message: z.object({ ts: id, thread_ts: id.nullish() }).nullish(),
  /** Only this field tells that a message is ephemeral. */
  container: z.object({ is_ephemeral: z.boolean().nullish(), thread_ts: id.nullish() }).nullish(),
});

/** A member's input in one field of a form, of any kind. */
const fieldState = z.object({
  value: words.nullish(),
  selected_option: z.object({ value: words }).nullish(),
  selected_options: z.array(z.object({ value: words })).nullish(),
  selected_conversation: id.nullish(),
  selected_conversations: z.array(id).nullish(),
  files: z.array(slackFile).nullish(),
});

export const viewPayload = interaction.extend({
  view: z.object({
    id,
    callback_id: words,
    private_metadata: words.default(''),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), fieldState)) }).default({ values: {} }),
  }),
  response_urls: z.array(z.object({ response_url: z.url() })).nullish(),
});
export type ViewState = z.infer<typeof viewPayload>['view']['state'];

const envelope = z.object({
  team_id: id.nullish(),
  enterprise_id: id.nullish(),
  event_id: id,
  authorizations: z
    .array(
      z.object({ team_id: id.nullish(), enterprise_id: id.nullish(), is_enterprise_install: z.boolean().nullish() }),
    )
    .nullish(),
});

export const mentionPayload = envelope.extend({
  event: z.object({
    user: id,
    text: words,
    channel: id,
    ts: id,
    thread_ts: id.nullish(),
    files: z.array(slackFile).nullish(),
  }),
});

export const homePayload = envelope.extend({ event: z.object({ user: id, tab: words.nullish() }) });

export const uninstallPayload = envelope.extend({
  event: z.object({
    type: z.string(),
    tokens: z.object({ bot: z.array(z.string()).nullish() }).nullish(),
  }),
});

export const sourceOfCommand = (payload: z.infer<typeof commandPayload>): SlackSource => ({
  teamId: payload.team_id ?? null,
  enterpriseId: payload.enterprise_id ?? null,
  isOrgWide: payload.is_enterprise_install === 'true',
});

export const sourceOfInteraction = (payload: Interaction): SlackSource => ({
  teamId: payload.team?.id ?? payload.user.team_id ?? null,
  enterpriseId: payload.enterprise?.id ?? null,
  isOrgWide: payload.is_enterprise_install === true || payload.is_enterprise_install === 'true',
});

export function sourceOfEvent(payload: z.infer<typeof envelope>): SlackSource {
  const [first] = payload.authorizations ?? [];
  return {
    teamId: first?.team_id ?? payload.team_id ?? null,
    enterpriseId: first?.enterprise_id ?? payload.enterprise_id ?? null,
    isOrgWide: first?.is_enterprise_install ?? false,
  };
}
