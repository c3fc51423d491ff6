import { setTimeout as delay } from 'node:timers/promises';
import type { REST } from '@discordjs/rest';
import { type APIInteractionResponse, InteractionResponseType, MessageFlags, Routes } from 'discord-api-types/v10';
import type { Incoming } from './incoming.ts';
import type { MessageBody } from './render.ts';
import { attachmentsOf, codeOf, codes, readId, sendMessage, type UploadFile } from './rest.ts';

/**
 * Gives Discord the first answer, over the gateway or HTTP. Resolves with the id of the message that it became, if Discord tells.
 */
export type FirstAnswer = (response: APIInteractionResponse) => Promise<string | null>;

/** The answers to an interaction: one first answer within three seconds, then any number of others for fifteen minutes. */
export type Reply = {
  readonly isAnswered: boolean;
  respond: (response: APIInteractionResponse) => Promise<void>;
  /** Sends an ephemeral reply: as the first answer, or after it. */
  replyEphemeral: (body: MessageBody) => Promise<void>;
  /** Returns the id of the message that the first answer became. */
  originalId: () => Promise<string>;
  editOriginal: (body: MessageBody, files?: readonly UploadFile[]) => Promise<void>;
  /** Deletes the first answer. */
  removeOriginal: () => Promise<void>;
};

/**
 * Over HTTP, our first answer may still be on its way when we ask for its message. These are the pauses between tries.
 * Milliseconds.
 */
const pausesMs = [50, 100, 200, 400, 800, 1_600] as const;

/** An edit may bring files. Milliseconds. */
const maxEditMs = 60_000;

export function createReply(
  rest: REST,
  interaction: Pick<Incoming, 'application_id' | 'token'>,
  first: FirstAnswer,
): Reply {
  let isAnswered = false;
  let known: string | null = null;
  const webhook = Routes.webhook(interaction.application_id, interaction.token);
  const original = Routes.webhookMessage(interaction.application_id, interaction.token);
  // The path holds the interaction's token. If we sent the bot's token as well, a refusal of one would make the client forget the
  // other.
  const auth = false;

  async function patiently<T>(act: () => Promise<T>): Promise<T> {
    for (const pauseMs of pausesMs) {
      try {
        return await act();
      } catch (error) {
        const code = codeOf(error);
        if (code !== codes.unknownMessage && code !== codes.unknownWebhook) throw error;
        await delay(pauseMs);
      }
    }
    return await act();
  }

  const respond = async (response: APIInteractionResponse) => {
    known = await first(response);
    isAnswered = true;
  };

  return {
    get isAnswered() {
      return isAnswered;
    },
    respond,
    replyEphemeral: async (body) => {
      const data = { ...body, flags: body.flags | MessageFlags.Ephemeral };
      if (isAnswered) await patiently(() => rest.post(webhook, { auth, body: data }));
      else await respond({ type: InteractionResponseType.ChannelMessageWithSource, data });
    },
    originalId: async () => {
      known ??= readId(await patiently(() => rest.get(original, { auth })));
      return known;
    },
    editOriginal: async (body, files = []) => {
      const whole = files.length === 0 ? body : { ...body, ...attachmentsOf(files) };
      const signal = AbortSignal.timeout(maxEditMs);
      const call = { method: 'PATCH', route: original, body: whole, files, signal, auth } as const;
      await patiently(() => sendMessage(rest, call));
    },
    removeOriginal: async () => {
      await patiently(() => rest.delete(original, { auth }));
    },
  };
}
