import type { Logger } from './observability/log.ts';
import { settlesWithin } from './pipeline/timeout.ts';

/** A part of the program that a stop closes. The stop waits `withinMs` milliseconds for it. */
export type Closer = { part: string; close: () => Promise<void>; withinMs: number };

/** In milliseconds. How long a stop waits for a connection whose other end may be dead. */
export const closeTimeoutMs = 1_000;

/** Closes every part, the last one first, and empties the list. A part that fails or takes too long is logged and left open. */
export async function closeAll(closers: Closer[], log: Logger): Promise<void> {
  for (const { part, close, withinMs } of closers.splice(0).reverse()) {
    const isDone = await settlesWithin(withinMs, close()).catch((error: unknown) => {
      log.warn({ error, part }, 'a part did not stop cleanly');
      return true;
    });
    if (!isDone) log.warn({ part }, 'a part did not stop in time');
  }
}
