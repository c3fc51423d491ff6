/** Does work once there is a slot for it. Rejects with the reason of the signal if that aborts first. */
export type Throttle = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * Does at most `max` pieces of work at once. The rest waits in order. Whenever one fails because the other side is overloaded, the
 * number halves, down to one, and whenever one succeeds, it grows by one: calls that share a slow line would all time out, and a
 * single one gets through.
 */
export function createThrottle(max: number, isOverload: (error: unknown) => boolean): Throttle {
  let limit = max;
  let busy = 0;
  const waiting = new Set<() => void>();
  const startNext = () => {
    for (const start of waiting) {
      if (busy >= limit) return;
      start();
    }
  };
  const slot = (signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const leave = () => {
        waiting.delete(start);
        signal?.removeEventListener('abort', giveUp);
      };
      const start = () => {
        leave();
        busy += 1;
        resolve();
      };
      const giveUp = () => {
        leave();
        reject(signal?.reason);
      };
      waiting.add(start);
      signal?.addEventListener('abort', giveUp);
      startNext();
    });

  return async (work, signal) => {
    signal?.throwIfAborted();
    await slot(signal);
    try {
      const result = await work();
      limit = Math.min(max, limit + 1);
      return result;
    } catch (error) {
      if (isOverload(error)) limit = Math.max(1, Math.floor(limit / 2));
      throw error;
    } finally {
      busy -= 1;
      startNext();
    }
  };
}
