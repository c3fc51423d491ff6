import type { Secret } from '../../db/secret.ts';
import type { FailureKind } from '../../domain.ts';
import { scrub } from '../../observability/scrub.ts';
import { createTimeLimits } from '../timeLimits.ts';
import { ProviderError } from './provider.ts';

/** Why a call to a vendor failed. `lacksPermission`, `isGone` and `lacksModel` have the meaning that they have in {@link ProviderError}. */
export type Fault = {
  kind: FailureKind;
  detail: string;
  nothingGenerated: boolean;
  retryAfterMs?: number;
  lacksPermission?: boolean;
  isGone?: boolean;
  lacksModel?: boolean;
};

/** An answer with an error status, as received. */
export type Rejection = { status: number; body: string; retryAfterMs: number | undefined };

export type ExchangeOptions = {
  /** The name that members see: `OpenAI`, `Google`. */
  vendor: string;
  /** Aborted when the caller wants to stop. */
  signal: AbortSignal;
  deadlineMs: number;
  secrets: readonly Secret[];
  /** Maps a vendor's error answer to our taxonomy. Its detail is scrubbed afterwards. */
  classify: (rejection: Rejection) => Fault;
  /** The fault if the SDK fails before it sends anything, sign-in included. By default it counts as our own mistake. */
  unsent?: Fault;
};

/**
 * The tools of one exchange. Give the SDK this `fetch`: it records what happened on the wire, so we need not read the SDK's error
 * classes.
 */
export type Line = { fetch: typeof fetch; signal: AbortSignal };

type Wire = {
  requests: number;
  posts: number;
  lastStatus: number | undefined;
  rejection: Rejection | undefined;
  failure: unknown;
};

export type Outcome<T> = { ok: true; value: T } | { ok: false; fault: Fault };

/** Runs `work` under a deadline and returns failures as values. It never passes on an SDK error with its headers and bodies. */
export async function attempt<T>(options: ExchangeOptions, work: (line: Line) => Promise<T>): Promise<Outcome<T>> {
  const wire: Wire = { requests: 0, posts: 0, lastStatus: undefined, rejection: undefined, failure: undefined };
  const limits = createTimeLimits(options.signal);
  const signal = limits.within(options.deadlineMs);
  try {
    signal.throwIfAborted();
    const value = await untilAborted(signal, work({ fetch: watchedFetch(wire, signal, options.deadlineMs), signal }));
    return { ok: true, value };
  } catch (error) {
    const fault = error instanceof ProviderError ? faultOf(error) : explain(error, wire, signal, options);
    return { ok: false, fault: { ...fault, detail: shorten(scrub(fault.detail, options.secrets)) } };
  } finally {
    limits.clear();
  }
}

/** {@link attempt}, with failures thrown as {@link ProviderError}. */
export async function exchange<T>(options: ExchangeOptions, work: (line: Line) => Promise<T>): Promise<T> {
  const outcome = await attempt(options, work);
  if (outcome.ok) return outcome.value;
  throw toProviderError(outcome.fault);
}

export function toProviderError(fault: Fault): ProviderError {
  return new ProviderError(fault.kind, fault.detail, fault);
}

/**
 * An answer's `Retry-After` in milliseconds. The header has seconds, or an HTTP date counted from `now`. Undefined if it is
 * invalid.
 */
export function retryAfterMs(headers: { get: (name: string) => string | null }, now = Date.now()): number | undefined {
  const precise = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(precise) && precise >= 0) return precise;
  const wish = headers.get('retry-after');
  if (wish === null || wish.trim() === '') return undefined;
  const seconds = Number(wish);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(wish) - now;
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

/**
 * A `fetch` with three rules. It sends no request after the end: an SDK may still be signing in when the deadline passes, and a
 * late POST would be paid for. It sends no second POST: one call is paid once, whatever an SDK makes of its answer. It treats a
 * redirect as an error, because `fetch` would send the key headers to the new address.
 */
function watchedFetch(wire: Wire, signal: AbortSignal, deadlineMs: number): typeof fetch {
  const watched: typeof fetch = async (input, init) => {
    signal.throwIfAborted();
    const theirs = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    if (method === 'POST' && wire.posts > 0) throw new Error('a call is one POST; the SDK wanted to send another');
    if (method === 'POST') wire.posts += 1;
    const both = theirs ? AbortSignal.any([signal, theirs]) : signal;
    wire.requests += 1;
    wire.lastStatus = undefined;
    wire.rejection = undefined;
    wire.failure = undefined;
    try {
      const lines = deadlineMs > usualPatienceMs ? await patientLines() : {};
      const response = await fetch(input, { ...init, ...lines, signal: both, redirect: 'error' });
      wire.lastStatus = response.status;
      if (response.ok) return response;
      const body = await response.text();
      wire.rejection = { status: response.status, body, retryAfterMs: retryAfterMs(response.headers) };
      return new Response(body, {
        status: response.status,
        statusText: response.statusText,
        headers: response.headers,
      });
    } catch (error) {
      wire.failure = error;
      throw error;
    }
  };
  // OpenAI's SDK takes the class from here before it sends files. Without it, the SDK would first fetch an empty address to see it.
  return Object.assign(watched, { Response });
}

/** `fetch` itself gives up on an answer that has not begun after this. Milliseconds. */
const usualPatienceMs = 300_000;

/** An option of `fetch`: connections on which a call ends by its deadline alone. Its type is not that of Node's own undici. */
async function patientLines(): Promise<object> {
  const { Agent, Dispatcher1Wrapper } = await import('undici');
  patient ??= { dispatcher: new Dispatcher1Wrapper(new Agent({ headersTimeout: 0, bodyTimeout: 0 })) };
  return patient;
}
let patient: object | null = null;

async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    work.catch(() => {});
  }
}

function explain(error: unknown, wire: Wire, signal: AbortSignal, options: ExchangeOptions): Fault {
  const { vendor } = options;
  const nothingSent = wire.requests === 0;
  if (options.signal.aborted && !isTimeout(options.signal.reason)) {
    return { kind: 'interrupted', detail: `The call to ${vendor} was stopped.`, nothingGenerated: nothingSent };
  }
  if (signal.aborted) {
    return { kind: 'timeout', detail: `${vendor} did not answer in time.`, nothingGenerated: nothingSent };
  }
  if (wire.rejection) return options.classify(wire.rejection);
  const codes = codesOf(wire.failure ?? error);
  if (nothingSent && !codes.some((code) => neverConnected.has(code))) {
    return (
      options.unsent ?? { kind: 'internal', detail: `The call to ${vendor} could not be made.`, nothingGenerated: true }
    );
  }
  if (wire.lastStatus === undefined || codes.some((code) => brokenConnection.has(code))) {
    const unreached = nothingSent || codes.some((code) => neverConnected.has(code));
    const detail = unreached ? `${vendor} could not be reached.` : `The connection to ${vendor} broke off.`;
    return { kind: 'unavailable', detail, nothingGenerated: unreached };
  }
  return { kind: 'no_output', detail: `${vendor} sent an answer that cannot be read.`, nothingGenerated: false };
}

/** The connection was never made, so the request was never sent. */
const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_HAS_EXPIRED',
]);
const brokenConnection = new Set([
  ...neverConnected,
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_BODY_TIMEOUT',
  'terminated',
]);

function codesOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 6) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const terminated = error.message === 'terminated' ? ['terminated'] : [];
  const attempts = error instanceof AggregateError ? error.errors.flatMap((one) => codesOf(one, depth + 1)) : [];
  return [...own, ...terminated, ...attempts, ...codesOf(error.cause, depth + 1)];
}

/** A caller's deadline also arrives through its signal. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

function faultOf(error: ProviderError): Fault {
  const { kind, message, nothingGenerated, retryAfterMs, lacksPermission, isGone, lacksModel } = error;
  const fault = { kind, detail: message, nothingGenerated, lacksPermission, isGone, lacksModel };
  return retryAfterMs === undefined ? fault : { ...fault, retryAfterMs };
}

function shorten(detail: string): string {
  return detail.length > 300 ? `${detail.slice(0, 299)}…` : detail;
}
