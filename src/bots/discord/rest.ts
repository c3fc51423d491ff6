import { openAsBlob } from 'node:fs';
import { DiscordAPIError, REST, type RequestData, type RouteLike } from '@discordjs/rest';
import { z } from 'zod';

export type DiscordAddress = { token: string; apiUrl: string };

/** The bot answers people, who wait; the worker uploads, which lasts. A repeated upload is told apart by its nonce. Milliseconds. */
const patience = { bot: { timeout: 10_000, retries: 1 }, worker: { timeout: 150_000, retries: 2 } } as const;

export function createRest({ token, apiUrl }: DiscordAddress, role: keyof typeof patience): REST {
  const rest = new REST({ api: apiUrl, version: '10', userAgentAppendix: 'VidGenie', ...patience[role] });
  return rest.setToken(token);
}

/** Discord's own number for what went wrong, or null for anything else. */
export const codeOf = (error: unknown): number | null =>
  error instanceof DiscordAPIError && typeof error.code === 'number' ? error.code : null;

export const statusOf = (error: unknown): number | null => (error instanceof DiscordAPIError ? error.status : null);

/** Codes that decide what happens next. Source: Discord's documentation, "JSON error codes". */
export const codes = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownWebhook: 10015,
  unknownInteraction: 10062,
  alreadyAnswered: 40060,
  tooLarge: 40005,
  fileTooLarge: 50045,
  missingAccess: 50001,
  cannotInChannelType: 50024,
  missingPermissions: 50013,
  threadArchived: 50083,
  tooManyOldEdits: 30046,
  threadExists: 160004,
  threadLocked: 160005,
  tooManyThreads: 160006,
} as const;

export type UploadFile = { name: string; path: string; mime: string };

const idOnly = z.object({ id: z.string() });
const withAttachments = idOnly.extend({ attachments: z.array(z.object({ id: z.string(), filename: z.string() })) });

export type Sent = { id: string; attachments: readonly { id: string; filename: string }[] };

type Call = {
  method: 'POST' | 'PATCH';
  route: RouteLike;
  body: object;
  files?: readonly UploadFile[];
  signal: AbortSignal;
};

/** Sends a message or an edit of one. Files go as blobs on the disk: a stream would arrive empty, and a buffer be copied five times. */
export async function sendMessage(rest: REST, call: Call): Promise<Sent> {
  const { method, route, body, files = [], signal } = call;
  const send = async (options: RequestData) =>
    withAttachments.parse(method === 'POST' ? await rest.post(route, options) : await rest.patch(route, options));
  if (files.length === 0) return await send({ body, signal });
  const form = new FormData();
  form.append('payload_json', JSON.stringify(body));
  for (const [index, file] of files.entries()) {
    form.append(`files[${index}]`, await openAsBlob(file.path, { type: file.mime }), file.name);
  }
  return await send({ body: form, passThroughBody: true, signal });
}

/** The bodies' `attachments`: new files by their index, and what stays by its id. */
export const attachmentsOf = (files: readonly UploadFile[], kept: readonly string[] = []) => ({
  attachments: [
    ...kept.map((id) => ({ id })),
    ...files.map((file, index) => ({ id: String(index), filename: file.name })),
  ],
});

export const readId = (answer: unknown): string => idOnly.parse(answer).id;
