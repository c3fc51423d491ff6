import { z } from 'zod';

/** What a vendor's stand-in does about the addresses that it was given to call. It calls only when a test tells it to. */
export type HooksOfStub = {
  /** The addresses that it was given, by the work that each is about, in order. */
  hooks: { id: string; url: string }[];
  /** Done before it answers the request that names an address. */
  beforeAnswer: (hook: { id: string; url: string }) => Promise<unknown>;
  /** False: it refuses requests that name an address. */
  takesHooks: boolean;
};

export const noHooks = (): HooksOfStub => ({ hooks: [], beforeAnswer: async () => {}, takesHooks: true });

/** An address that a vendor calls: https, and with nothing that a proxy could lose. */
export const hookAddress = z.url({ protocol: /^https$/ }).refine((url) => {
  const { search, hash, username } = new URL(url);
  return search + hash + username === '' && url.length < 500;
}, 'An address to call is a plain path.');

export async function takeHookFor(stub: HooksOfStub, id: string, url: string | undefined): Promise<void> {
  if (url === undefined) return;
  stub.hooks.push({ id, url });
  await stub.beforeAnswer({ id, url });
}

/** A vendor's call, as its proxy passes it on to a bot. Returns the status of the answer. */
export async function callBot(
  port: number,
  url: string,
  { headers, body }: { headers: Record<string, string>; body: string },
): Promise<number> {
  const { pathname } = new URL(url);
  const answer = await fetch(`http://127.0.0.1:${port}${pathname}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  await answer.arrayBuffer();
  return answer.status;
}
