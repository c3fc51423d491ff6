import { openAsBlob } from 'node:fs';
import {
  DiscordAPIError,
  type InternalRequest,
  REST,
  type RESTOptions,
  type RequestData,
  type RouteLike,
} from '@discordjs/rest';
import { Agent, errors, FormData, fetch } from 'undici';
import { z } from 'zod';

export type DiscordAddress = { token: string; apiUrl: string };

/**
 * Timeouts and retries by process. The bot answers members, who wait. The worker uploads, which takes long. Discord recognises a
 * repeated upload by its nonce. Milliseconds.
 */
const patience = { bot: { timeout: 10_000, retries: 1 }, worker: { timeout: 150_000, retries: 2 } } as const;

export function createRest({ token, apiUrl }: DiscordAddress, role: keyof typeof patience): REST {
  return new TidyRest({ ...optionsFor(apiUrl, role), makeRequest: ask }).setToken(token);
}

/**
 * A client only for answers to interactions. Discord does not count these among the bot's fifty requests a second. In a client
 * that counts them, fifty members who ask at once would wait a second for one another.
 */
export const createReplyRest = ({ apiUrl }: Pick<DiscordAddress, 'apiUrl'>): REST =>
  new TidyRest({ ...optionsFor(apiUrl, 'bot'), globalRequestsPerSecond: Number.POSITIVE_INFINITY, makeRequest: ask });

/**
 * The library leaves a listener on the signal of every request. Node keeps a combined signal for as long as it has a listener, so
 * every run would stay in memory. Here the library gets a signal of the request's own.
 */
class TidyRest extends REST {
  override async request({ signal, ...request }: InternalRequest): Promise<unknown> {
    if (!signal) return await super.request(request);
    const own = new AbortController();
    const abort = () => own.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    try {
      return await super.request({ ...request, signal: own.signal });
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

/** The library has a queue for each thread. Those that have nothing to do are forgotten this often, not each hour. Milliseconds. */
const forgetMs = 5 * 60_000;

const optionsFor = (api: string, role: keyof typeof patience) => ({
  api,
  handlerSweepInterval: forgetMs,
  version: '10',
  userAgentAppendix: 'VidGenie',
  ...patience[role],
});

/**
 * A connection without any traffic for this long is dead, even if the system still considers it open. An upload may take long but
 * must keep moving. Milliseconds.
 */
const silenceMs = 30_000;
const lines = new Agent({ headersTimeout: silenceMs, bodyTimeout: silenceMs });

const plainHeaders = z.record(z.string(), z.string());

/**
 * Calls a `fetch` of our own. With the one that the library shares with Node, an abandoned upload goes on reading its form, and
 * an error there ends the process. The library looks at the cause of a failure to decide whether to try again.
 */
const ask: RESTOptions['makeRequest'] = async (url, { method = 'GET', signal = null, ...init }) => {
  const headers = plainHeaders.parse(init.headers ?? {});
  // The body is text or a form of ours. We send nothing else.
  const body = typeof init.body === 'string' || init.body instanceof FormData ? init.body : null;
  try {
    return await fetch(url, { method, headers, body, signal, dispatcher: lines });
  } catch (error) {
    const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
    if (cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError) {
      throw new DOMException('Discord went silent', 'TimeoutError');
    }
    throw cause;
  }
};

/** Discord's own error code, or null for anything else. */
export const codeOf = (error: unknown): number | null =>
  error instanceof DiscordAPIError && typeof error.code === 'number' ? error.code : null;

export const statusOf = (error: unknown): number | null => (error instanceof DiscordAPIError ? error.status : null);

/** Codes that decide what happens next. Source: Discord's documentation, "JSON error codes". */
export const codes = {
  unknownChannel: 10003,
  unknownGuild: 10004,
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

/** `isSpoiler`: hidden until a member clicks it. */
export type UploadFile = { name: string; path: string; mime: string; isSpoiler: boolean };

const idOnly = z.object({ id: z.string() });
const withAttachments = idOnly.extend({ attachments: z.array(z.object({ id: z.string(), filename: z.string() })) });

export type Sent = { id: string; attachments: readonly { id: string; filename: string }[] };

type Call = {
  method: 'POST' | 'PATCH';
  route: RouteLike;
  body: object;
  files?: readonly UploadFile[];
  signal: AbortSignal;
  /** False: without the bot's token, because the path holds another one. */
  auth?: boolean;
};

/**
 * Sends a message or edits one. Files go as blobs on the disk: a stream would arrive empty, and a buffer would be copied five
 * times.
 */
export async function sendMessage(rest: REST, call: Call): Promise<Sent> {
  const { method, route, body, files = [], signal, auth = true } = call;
  const send = async (options: RequestData) =>
    withAttachments.parse(method === 'POST' ? await rest.post(route, options) : await rest.patch(route, options));
  if (files.length === 0) return await send({ body, signal, auth });
  const form = new FormData();
  form.append('payload_json', JSON.stringify(body));
  for (const [index, file] of files.entries()) {
    form.append(`files[${index}]`, await openAsBlob(file.path, { type: file.mime }), file.name);
  }
  return await send({ body: form, passThroughBody: true, signal, auth });
}

/** The `attachments` of a body: new files by their index, kept ones by their id. */
export const attachmentsOf = (files: readonly UploadFile[], kept: readonly string[] = []) => ({
  attachments: [
    ...kept.map((id) => ({ id })),
    ...files.map(({ name, isSpoiler }, index) => ({
      id: String(index),
      filename: name,
      ...(isSpoiler ? { is_spoiler: true } : {}),
    })),
  ],
});

export const readId = (answer: unknown): string => idOnly.parse(answer).id;
