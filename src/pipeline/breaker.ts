import type { FailureKind } from '../domain.ts';
import { type AnyProvider, ProviderError } from './providers/provider.ts';

export type BreakerOptions = {
  /** The breaker opens after this many outages in a row. */
  failuresToOpen: number;
  /** In milliseconds. The breaker refuses calls for this long. Then it lets one call try. */
  openMs: number;
};

/**
 * `closed`: all calls pass. `open`: no call passes before `until`. `probing`: one call has gone out to test the provider. The
 * others wait until `until`, when that call counts as lost and another may go.
 */
export type BreakerState =
  | { phase: 'closed'; failures: number }
  | { phase: 'open'; until: number }
  | { phase: 'probing'; until: number };

export type Admission = { admitted: true; state: BreakerState } | { admitted: false };

export const closedBreaker: BreakerState = { phase: 'closed', failures: 0 };

/** Asks whether a call may pass at `now` (milliseconds). */
export function admit(state: BreakerState, now: number, { openMs }: BreakerOptions): Admission {
  switch (state.phase) {
    case 'closed':
      return { admitted: true, state };
    case 'open':
    case 'probing':
      if (now < state.until) return { admitted: false };
      return { admitted: true, state: { phase: 'probing', until: now + openMs } };
  }
}

/** The news that a call brings about its provider: it answered, it was out, or the call tells nothing. */
export type News = 'answered' | 'outage' | 'nothing';

export function afterNews(state: BreakerState, news: News, now: number, options: BreakerOptions): BreakerState {
  if (news === 'answered') return closedBreaker;
  switch (state.phase) {
    case 'closed': {
      if (news === 'nothing') return state;
      const failures = state.failures + 1;
      return failures >= options.failuresToOpen
        ? { phase: 'open', until: now + options.openMs }
        : { phase: 'closed', failures };
    }
    case 'probing':
      // After a stopped probe the next call may try at once.
      return { phase: 'open', until: news === 'outage' ? now + options.openMs : now };
    case 'open':
      return state;
  }
}

const outages: ReadonlySet<FailureKind> = new Set(['unavailable', 'timeout']);
const unsaid: ReadonlySet<FailureKind> = new Set(['interrupted', 'canceled', 'internal', 'storage']);

/** A refusal, a bad key or an empty account is an answer. A call that VidGenie itself stopped tells nothing. */
function newsOf(error: unknown): News {
  if (!(error instanceof ProviderError) || unsaid.has(error.kind)) return 'nothing';
  return outages.has(error.kind) ? 'outage' : 'answered';
}

/** The call was not made, because its provider is out. */
export class BreakerOpen extends ProviderError {
  constructor() {
    // Not marked as worth another attempt: VidGenie reports the outage at once and releases the credits.
    super('unavailable', 'The provider has been out of reach for a while.');
  }
}

/** The name of a model's breaker. */
export const breakerKey = ({ id, step, model }: Pick<AnyProvider, 'id' | 'step' | 'model'>): string =>
  `${id} ${step} ${model}`;

export type Breakers = {
  /** Runs `work`, or fails at once with {@link BreakerOpen} while the provider named `key` is out. */
  guard: <T>(key: string, work: () => Promise<T>) => Promise<T>;
  /** Whether a call would fail at once now. */
  isOpen: (key: string) => boolean;
  /** The keys of providers that are out now, for the operator. */
  open: () => string[];
};

/**
 * One breaker for each model of a provider: behind a gateway one model may be out while the others work. Breakers live in this process. Each process finds out about an
 * outage by itself.
 */
export function createBreakers(
  now: () => number = Date.now,
  options: BreakerOptions = { failuresToOpen: 5, openMs: 30_000 },
): Breakers {
  const states = new Map<string, BreakerState>();
  const stateOf = (key: string) => states.get(key) ?? closedBreaker;
  return {
    guard: async (key, work) => {
      const admission = admit(stateOf(key), now(), options);
      if (!admission.admitted) throw new BreakerOpen();
      states.set(key, admission.state);
      const tell = (news: News) => states.set(key, afterNews(stateOf(key), news, now(), options));
      try {
        const value = await work();
        tell('answered');
        return value;
      } catch (error) {
        tell(newsOf(error));
        throw error;
      }
    },
    isOpen: (key) => !admit(stateOf(key), now(), options).admitted,
    open: () => [...states].flatMap(([key, { phase }]) => (phase === 'closed' ? [] : [key])),
  };
}
