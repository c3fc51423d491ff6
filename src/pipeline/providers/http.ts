import type { z } from 'zod';
import type { Secret } from '../../db/secret.ts';
import { ProviderError } from './provider.ts';
import { exchange, type Fault, type Rejection } from './providerCall.ts';

/** A vendor or a server whose interface is plain HTTP with JSON. */
export type Endpoint = {
  /** The name that members see. */
  vendor: string;
  /** The address below which all paths lie, without a slash at its end. */
  baseUrl: string;
  /** The key. Null: the server needs none. */
  key: Secret | null;
  /** The headers that carry the key. By default `Authorization: Bearer`. */
  headersOf?: (key: Secret) => Readonly<Record<string, string>>;
  /** Maps an error answer to our taxonomy. */
  classify: (rejection: Rejection) => Fault;
};

export type HttpRequest = {
  method: 'GET' | 'POST' | 'DELETE' | 'PUT';
  /** Begins with a slash. */
  path: string;
  body?: { json: unknown } | { form: FormData };
  deadlineMs: number;
  signal: AbortSignal;
};

/** No answer that we read whole is larger. Images travel as base64. Bytes. */
const maxAnswerBytes = 96 * 1024 * 1024;

export const keyHeaders = ({ key, headersOf = bearer }: Pick<Endpoint, 'key' | 'headersOf'>) =>
  key ? headersOf(key) : {};

const bearer = (key: Secret) => ({ authorization: `Bearer ${key.reveal()}` });

/**
 * One request, and its JSON answer. A POST is sent once, a redirect is an error, and every failure is a {@link ProviderError} whose
 * detail is scrubbed of the key. An answer that is no JSON, or not of this shape, is `no_output`: after a POST it may have cost money.
 */
export async function requestJson<T>(endpoint: Endpoint, request: HttpRequest, shape: z.ZodType<T>): Promise<T> {
  const { vendor, baseUrl, key, classify } = endpoint;
  const { method, path, body, deadlineMs, signal } = request;
  const options = { vendor, signal, deadlineMs, secrets: key ? [key] : [], classify };
  return await exchange(options, async (line) => {
    const response = await line.fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body && 'json' in body && { 'content-type': 'application/json' }),
        ...keyHeaders(endpoint),
      },
      ...(body && { body: 'json' in body ? JSON.stringify(body.json) : body.form }),
    });
    const text = await textOf(response, vendor);
    // The line has seen the status: this error becomes what `classify` says.
    if (!response.ok) throw new Error(`status ${response.status}`);
    return shape.parse(text === '' ? null : JSON.parse(text));
  });
}

async function textOf(response: Response, vendor: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > maxAnswerBytes) throw new ProviderError('no_output', `${vendor} sent an answer that is too large.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The kinds of failure by status that vendors and servers share. A vendor with better news of its own asks for it first. */
export function classifyStatus(vendor: string, { status, body, retryAfterMs }: Rejection): Fault {
  const says = (kind: Fault['kind'], detail: string, nothingGenerated: boolean): Fault => ({
    kind,
    detail,
    nothingGenerated,
  });
  const message = messageIn(body);
  if (status === 401) return says('bad_key', `${vendor} does not accept the key.`, true);
  if (status === 402) return says('quota', `The ${vendor} account behind the key has no credit left.`, true);
  if (status === 403)
    return { ...says('bad_key', `The ${vendor} key is not permitted to do this.`, true), lacksPermission: true };
  if (status === 404) {
    return { ...says('invalid_request', `${vendor} does not offer this. ${message}`.trim(), true), lacksModel: true };
  }
  if (status === 408) return says('timeout', `${vendor} gave up on the request.`, false);
  if (status === 429) {
    const fault = says('rate_limited', `${vendor} asks for fewer requests at a time.`, true);
    return retryAfterMs === undefined ? fault : { ...fault, retryAfterMs };
  }
  if (status >= 500 || status === 409) {
    const fault = says('unavailable', `${vendor} has trouble at the moment (${status}).`, false);
    return retryAfterMs === undefined ? fault : { ...fault, retryAfterMs };
  }
  return says('invalid_request', `${vendor} did not understand the request (${status}). ${message}`.trim(), true);
}

/** The message in an error body: `{ error: { message } }`, `{ error }`, `{ message }` or `{ detail }`. Empty if there is none. */
export function messageIn(body: string): string {
  const parsed = parseJson(body);
  for (const name of ['error', 'message', 'detail']) {
    const found = fieldOf(parsed, name);
    if (typeof found === 'string') return found;
    const inner = fieldOf(found, 'message');
    if (typeof inner === 'string') return inner;
  }
  return '';
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([field]) => field === name)?.[1];
}

/** Null for text that is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
