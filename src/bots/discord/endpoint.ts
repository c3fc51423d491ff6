import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { APIInteractionResponse } from 'discord-api-types/v10';
import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { envelope } from './incoming.ts';
import type { FirstAnswer } from './reply.ts';

/** Discord gives up after three seconds, and then nobody waits for our answer. Milliseconds. */
const maxAnswerMs = 5_000;

/**
 * The limit on a request's body. A form of five fields of 4,000 characters, with all its files and messages, is far smaller.
 * Bytes.
 */
const maxBody = 1024 * 1024;

type Handle = (raw: unknown, first: FirstAnswer) => Promise<void>;

/** Takes interactions over HTTP, as the gateway does over its socket. Refuses requests that Discord did not sign. */
export function addInteractionsEndpoint(app: Hono, publicKey: string, handle: Handle): void {
  const key = keyOf(publicKey);
  app.post('/discord/interactions', bodyLimit({ maxSize: maxBody }), async (context) => {
    const body = await context.req.text();
    const signature = context.req.header('x-signature-ed25519') ?? '';
    const timestamp = context.req.header('x-signature-timestamp') ?? '';
    if (!isSigned(key, signature, timestamp + body)) return context.text('invalid request signature', 401);
    const raw = parsed(body);
    if (!envelope.safeParse(raw).success) return context.text('not an interaction', 400);
    const response = await firstAnswerOf((first) => handle(raw, first));
    return response ? context.json(response) : context.text('no answer', 500);
  });
}

function firstAnswerOf(handle: (first: FirstAnswer) => Promise<void>): Promise<APIInteractionResponse | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, maxAnswerMs, null);
    const done = (response: APIInteractionResponse | null) => {
      clearTimeout(timer);
      resolve(response);
    };
    handle(async (response) => {
      done(response);
      // The message's id is known only when Discord has read this response.
      return null;
    }).finally(() => done(null));
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** An Ed25519 key as Discord's developer portal shows it: 32 bytes in hex, without the DER prefix that Node needs. */
const keyOf = (hex: string): KeyObject =>
  createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(hex, 'hex')]),
    format: 'der',
    type: 'spki',
  });

function isSigned(key: KeyObject, signature: string, message: string): boolean {
  return /^[0-9a-f]{128}$/i.test(signature) && verify(null, Buffer.from(message), key, Buffer.from(signature, 'hex'));
}
