export type Drain = {
  /** Tracks work that answers a request, so that a stop waits for it. Logs its faults. */
  track: (work: () => Promise<void>) => Promise<void>;
  finished: () => Promise<void>;
};

export function createDrain(onFault: (error: unknown) => void): Drain {
  const going = new Set<Promise<void>>();
  return {
    track: (work) => {
      const tracked = work()
        .catch(onFault)
        .finally(() => going.delete(tracked));
      going.add(tracked);
      return tracked;
    },
    finished: async () => {
      while (going.size > 0) await Promise.all(going);
    },
  };
}
