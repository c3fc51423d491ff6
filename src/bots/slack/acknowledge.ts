/** Slack waits three seconds for an acknowledgement, and tells the member that something failed when none comes. Half of it is for the work. */
const patienceMs = 1_500;

/** Acknowledges a request, with an answer where it takes one. False: that was done already, and the answer has to go another way. */
export type Acknowledge<Payload> = (answer?: Payload) => Promise<boolean>;

export type Acknowledgements = {
  /**
   * Does some work and acknowledges its request: the work by itself, with its answer; else when it ends, for then what was asked for is
   * written down; else, when it takes long, in the middle of it, with `late`. Whoever is killed before has acknowledged nothing: Slack
   * says so to the member, or delivers the request again.
   */
  around: <Payload>(
    ack: (answer?: Payload) => Promise<unknown>,
    work: (acknowledge: Acknowledge<Payload>) => Promise<void>,
    late?: { afterMs: number; answer: () => Payload | undefined },
  ) => Promise<void>;
  /** Acknowledges whatever is under way, before the connection ends that it came by. */
  flush: () => Promise<void>;
};

export function createAcknowledgements(onFault: (error: unknown) => void): Acknowledgements {
  const waiting = new Set<() => Promise<unknown>>();
  return {
    around: async (ack, work, late) => {
      let isGiven = false;
      const once: Acknowledge<Parameters<typeof ack>[0]> = async (answer) => {
        if (isGiven) return false;
        isGiven = true;
        waiting.delete(release);
        try {
          await (answer === undefined ? ack() : ack(answer));
          return true;
        } catch (error) {
          onFault(error);
          return false;
        }
      };
      const release = () => once(late?.answer());
      waiting.add(release);
      const timer = setTimeout(release, late?.afterMs ?? patienceMs);
      try {
        await work(once);
      } finally {
        clearTimeout(timer);
        await once();
      }
    },
    flush: async () => {
      await Promise.all([...waiting].map((release) => release()));
    },
  };
}
