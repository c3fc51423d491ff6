import { setImmediate } from 'node:timers/promises';

export type Drain = {
  /** Work that answers its request; a stop waits for it. */
  track: (work: () => Promise<void>) => Promise<void>;
  /** The same for work whose request was acknowledged already: whoever else waits for an acknowledgement comes first. */
  trackLater: (work: () => Promise<void>) => Promise<void>;
  finished: () => Promise<void>;
};

export function createDrain(onFault: (error: unknown) => void): Drain {
  const going = new Set<Promise<void>>();
  const track: Drain['track'] = (work) => {
    const tracked = work()
      .catch(onFault)
      .finally(() => going.delete(tracked));
    going.add(tracked);
    return tracked;
  };
  return {
    track,
    trackLater: (work) =>
      track(async () => {
        await setImmediate();
        await work();
      }),
    finished: async () => {
      while (going.size > 0) await Promise.all(going);
    },
  };
}
