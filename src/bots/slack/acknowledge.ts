/**
 * Slack waits three seconds for an acknowledgement. If none comes, it tells the member that something failed. Half of that time
 * is for the work. Milliseconds.
 */
const patienceMs = 1_500;

/**
 * Acknowledges a request, with an answer if the request takes one. Resolves with false when the request is already acknowledged:
 * send the answer another way.
 */
export type Acknowledge<Payload> = (answer?: Payload) => Promise<boolean>;

export type Acknowledgements = {
  /**
   * Runs some work and acknowledges its request, at the first of three moments: when the work itself does so, with its answer;
   * when the work ends, because the request is then stored; after `late.afterMs`, with `late.answer`, while the work goes on. A
   * process that is killed earlier has acknowledged nothing. Slack then tells the member, or delivers the request again.
   */
  around: <Payload>(
    ack: (answer?: Payload) => Promise<unknown>,
    work: (acknowledge: Acknowledge<Payload>) => Promise<void>,
    late?: { afterMs: number; answer: () => Payload | undefined },
  ) => Promise<void>;
  /** Acknowledges every request still in progress. Call it before the connection that they came by ends. */
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
