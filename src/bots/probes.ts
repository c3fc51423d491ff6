import type { Hono } from 'hono';
import type { Secret } from '../db/secret.ts';
import { resultWithin } from '../pipeline/timeout.ts';
import { isOperator, needsOperator } from './operatorToken.ts';

/** Checks a part that the program needs. Resolves if the part answers; with `low` if it will soon be short of something. */
export type Check = (signal: AbortSignal) => Promise<unknown>;

type ProbeLog = { warn: (facts: object, message: string) => void };

/** A part that takes longer than this counts as not answering. Milliseconds. */
const patienceMs = 2_000;

/**
 * We check the parts at most once in this time, however many requests come. Anybody may ask, and each check costs the database
 * a statement. Milliseconds.
 */
const freshMs = 1_000;

type State = { state: 'ready' | 'low' | 'failed'; ms: number };

type Probes = {
  checks: Readonly<Record<string, Check>>;
  metrics: { contentType: string; text: () => Promise<string> } | null;
  /** The token that `/metrics` asks for. Null: it asks for none. */
  operatorToken: Secret | null;
  isStopping: () => boolean;
  log: ProbeLog;
  now?: () => number;
};

/**
 * Adds the endpoints for load balancers and monitors. `/healthz` says that this process is alive, `/readyz` that every part it
 * needs answers, and `/metrics` how the work goes. None of them says whose work it is.
 */
export function mountProbes(app: Hono, { checks, metrics, operatorToken, isStopping, log, now }: Probes): void {
  const look = shared(
    freshMs,
    () =>
      Promise.all(
        Object.entries(checks).map(async ([name, check]) => [name, await stateOf(name, check, log)] as const),
      ),
    now,
  );
  app.get('/healthz', (context) => context.json({ status: 'alive' }));
  app.get('/readyz', async (context) => {
    const states = await look();
    // We ask each time whether the process is stopping, because a balancer has little time to notice.
    const isReady = !isStopping() && states.every(([, { state }]) => state !== 'failed');
    const status = isStopping() ? 'stopping' : isReady ? 'ready' : 'not ready';
    return context.json({ status, parts: Object.fromEntries(states) }, isReady ? 200 : 503, {
      'cache-control': 'no-store',
    });
  });
  if (!metrics) return;
  app.get('/metrics', async (context) => {
    if (operatorToken !== null && !isOperator(context, operatorToken)) return needsOperator(context);
    return context.body(await metrics.text(), 200, { 'content-type': metrics.contentType });
  });
}

/** Callers that ask at the same time, or within `forMs` after the answer, get the same answer. */
function shared<T>(forMs: number, read: () => Promise<T>, now = () => performance.now()): () => Promise<T> {
  let reading: { value: Promise<T>; doneAt: number | null } | null = null;
  return async () => {
    if (reading && (reading.doneAt === null || now() - reading.doneAt < forMs)) return await reading.value;
    const begun: typeof reading = { value: read(), doneAt: null };
    reading = begun;
    try {
      return await begun.value;
    } finally {
      begun.doneAt = now();
    }
  };
}

/** The reason why a part fails goes only to the log. An error may name hosts and users, and anybody may ask. */
async function stateOf(name: string, check: Check, log: ProbeLog): Promise<State> {
  const begun = performance.now();
  const signal = AbortSignal.timeout(patienceMs);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${patienceMs} ms`)));
  });
  const ms = () => Math.round((performance.now() - begun) * 10) / 10;
  try {
    const found = await Promise.race([check(signal), late]);
    return { state: found === 'low' ? 'low' : 'ready', ms: ms() };
  } catch (error) {
    log.warn({ part: name, error }, 'a part that this process needs does not answer');
    return { state: 'failed', ms: ms() };
  }
}

/**
 * Limits how often a reading is made. Resolves with a reading no older than `freshMs`, or with null after `waitMs`: a scraper
 * does not wait for a slow database, and never gets an old number as a new one. `onOutage` is called for the first failure
 * after a success, and for no other.
 */
export function readNoOftener<T>(
  read: () => Promise<T>,
  { freshMs, waitMs, onOutage }: { freshMs: number; waitMs: number; onOutage: (error: unknown) => void },
  now: () => number = () => performance.now(),
): () => Promise<T | null> {
  let last: { at: number; value: T } | null = null;
  let reading: Promise<T | null> | null = null;
  let isOut = false;
  return async () => {
    if (last && now() - last.at < freshMs) return last.value;
    reading ??= read()
      .then(
        (value) => {
          last = { at: now(), value };
          isOut = false;
          return value;
        },
        (error: unknown) => {
          if (!isOut) onOutage(error);
          isOut = true;
          return null;
        },
      )
      .finally(() => {
        reading = null;
      });
    return await resultWithin(waitMs, reading);
  };
}
