export type TimeLimits = { within: (ms: number) => AbortSignal; clear: () => void };

/**
 * Signals that end with `signal`, or after some milliseconds with a `TimeoutError`. `clear` forgets their times. `AbortSignal.timeout`
 * cannot do that: joined with another signal, it is kept until its time is over, together with all that hangs on it.
 */
export function createTimeLimits(signal: AbortSignal): TimeLimits {
  const timers: NodeJS.Timeout[] = [];
  return {
    within: (ms) => {
      const late = new AbortController();
      const reason = new DOMException(`${ms} milliseconds are over`, 'TimeoutError');
      timers.push(setTimeout(() => late.abort(reason), ms).unref());
      return AbortSignal.any([signal, late.signal]);
    },
    clear: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
