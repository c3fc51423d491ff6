export type TimeLimits = { within: (ms: number) => AbortSignal; clear: () => void };

/**
 * Signals that end with `signal`, or after some milliseconds with a `TimeoutError`. `clear` forgets their times. A signal of
 * `AbortSignal.timeout` that is joined with another one would be kept until its time is over, with all that hangs on it.
 */
export function createTimeLimits(signal: AbortSignal): TimeLimits {
  const cleared = new AbortController();
  return {
    within: (ms) => {
      const late = new AbortController();
      const time = AbortSignal.timeout(ms);
      const end = () => late.abort(time.reason);
      if (time.aborted) end();
      else time.addEventListener('abort', end, { once: true, signal: cleared.signal });
      return AbortSignal.any([signal, late.signal]);
    },
    clear: () => cleared.abort(),
  };
}
