import type { Hono } from 'hono';
import type { Secret } from '../db/secret.ts';
import { resultWithin } from '../pipeline/timeout.ts';
import { isOperator, needsOperator } from './operatorToken.ts';

/** A part that the program needs: resolves when it answers. */
export type Check = (signal: AbortSignal) => Promise<unknown>;

type ProbeLog = { warn: (facts: object, message: string) => void };

/** A part that takes longer than this does not answer. Milliseconds. */
const patienceMs = 2_000;

/** However many ask, the parts are looked at once in so long: anybody may ask, and each look costs the database a statement. Milliseconds. */
const freshMs = 1_000;

type State = { state: 'ready' | 'failed'; ms: number };

type Probes = {
  checks: Readonly<Record<string, Check>>;
  metrics: { contentType: string; text: () => Promise<string> } | null;
  /** What `/metrics` asks for; null: nothing. */
  operatorToken: Secret | null;
  isStopping: () => boolean;
  log: ProbeLog;
  now?: () => number;
};

/**
 * Adds what a load balancer and a monitor ask: `/healthz` says that this process is alive, `/readyz` that every part it needs answers,
 * `/metrics` how the work goes. They say nothing about whose work it is.
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
    // Whether the process stops is asked anew each time: a balancer has little time to notice.
    const isReady = !isStopping() && states.every(([, { state }]) => state === 'ready');
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

/** Those who ask at the same time, or within `forMs` after the answer, are given the same one. */
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

/** Why a part fails is for the log: an error may name hosts and users, and anybody may ask. */
async function stateOf(name: string, check: Check, log: ProbeLog): Promise<State> {
  const begun = performance.now();
  const signal = AbortSignal.timeout(patienceMs);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${patienceMs} ms`)));
  });
  const ms = () => Math.round((performance.now() - begun) * 10) / 10;
  try {
    await Promise.race([check(signal), late]);
    return { state: 'ready', ms: ms() };
  } catch (error) {
    log.warn({ part: name, error }, 'a part that this process needs does not answer');
    return { state: 'failed', ms: ms() };
  }
}

/**
 * A reading that is asked for more often than it should be made. Resolves with one no older than `freshMs`, or after `waitMs` with
 * null: whoever scrapes does not wait for a slow database, and is not told an old number for a new one. `onOutage` is told of the
 * first failure after a success, and of no other.
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
