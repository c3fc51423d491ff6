import type { z } from 'zod';
import type { problem } from '../contract/problem.ts';
import type { Words } from './words.ts';

/** Why a request was refused, in sentences for the member. `status` 0: the server did not answer. */
export type Refusal = Pick<z.infer<typeof problem>, 'status' | 'reason' | 'title' | 'detail' | 'allowed' | 'credits'>;
export type Answer<Body> = { ok: true; body: Body } | { ok: false; refusal: Refusal };

type Asked = { body?: unknown; key?: string; signal?: AbortSignal };

/** Sends requests to this page's own server. The answers match the contract, because both come from the same sources. */
export type Api = {
  get: <Body>(path: string, signal?: AbortSignal) => Promise<Answer<Body>>;
  send: <Body>(method: 'POST' | 'PUT' | 'DELETE', path: string, asked?: Asked) => Promise<Answer<Body>>;
};

/**
 * Makes a key for one press of a button, so that the server carries out its request once. (`randomUUID` exists only over TLS.)
 */
export const pressKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

export function createApi(words: () => Words, onSignedOut: () => void): Api {
  const ask = async <Body>(method: string, path: string, { body, key, signal }: Asked): Promise<Answer<Body>> => {
    const headers = new Headers();
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (key !== undefined) headers.set('idempotency-key', key);
    const init: RequestInit = { method, headers, signal: signal ?? null };
    if (body !== undefined) init.body = JSON.stringify(body);
    try {
      const response = await fetch(path, init);
      if (response.ok) {
        const said: Body = await response.json();
        return { ok: true, body: said };
      }
      const refusal: Refusal = await response.json();
      if (response.status === 401) onSignedOut();
      return { ok: false, refusal };
    } catch {
      return { ok: false, refusal: { status: 0, reason: 'away', ...words().away } };
    }
  };
  return {
    get: (path, signal) => ask('GET', path, signal ? { signal } : {}),
    send: (method, path, asked = {}) => ask(method, path, asked),
  };
}
