/** A clock that tests can advance by hand. `after` returns a function that cancels the timer. */
export type Clock = { now: () => number; after: (ms: number, act: () => void) => () => void };

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * The number of edits that a scope (a channel, a workspace) takes in a window of time. The last edits of messages may use
 * `kept` more.
 */
export type Budget = { windowMs: number; max: number; kept: number };

export type Edit = {
  /** The message. If several edits wait for one message, the newest wins. */
  key: string;
  /** The scope whose budget the edit uses. */
  scope: string;
  /** When the run of the message began, in milliseconds since 1970. We edit messages of old runs more slowly. */
  since: number;
  send: () => Promise<void>;
};

export type EditThrottle = {
  /** Sends an edit as soon as its turn comes, unless a newer one replaces it. */
  offer: (edit: Edit) => void;
  /** Sends the last edit of a message and drops any that waits for it. Rejects if the edit could not be sent. */
  last: (edit: Edit) => Promise<void>;
  /** The number of messages and scopes that are remembered. */
  remembered: () => number;
  /** Drops the waiting edits. Resolves when the edits in flight were sent. */
  close: () => Promise<void>;
};

/** Milliseconds between two edits of a message: short at first, longer with age. */
export function defaultPaceMs(ageMs: number): number {
  if (ageMs < 60_000) return 3_000;
  return ageMs < 10 * 60_000 ? 6_000 : 20_000;
}

type Waiting = Edit & { isLast: boolean; settle: { resolve: () => void; reject: (error: unknown) => void } | null };
type Scope = { sentAt: number[]; waiting: Map<string, Waiting>; cancelTimer: () => void };
type Told = { at: number; underWay: Promise<void> | null };

/**
 * In milliseconds. A message or scope without an edit for this long is forgotten: another worker may have sent the last edit. It is
 * longer than any pace.
 */
const forgetAfterMs = 5 * 60_000;

/** Spreads edits so that no platform has to refuse any. Within a scope, the message that was edited longest ago goes first. */
export function createEditThrottle(options: {
  clock: Clock;
  budget: Budget;
  paceMs: (ageMs: number) => number;
  /** An edit that was not the last one failed. A newer one follows. */
  onFault: (error: unknown, edit: Edit) => void;
  /** The outcome of an edit. `dropped`: a newer one replaced it. */
  onOutcome: (outcome: 'sent' | 'dropped') => void;
}): EditThrottle {
  const { clock, budget, paceMs, onFault, onOutcome } = options;
  const scopes = new Map<string, Scope>();
  const told = new Map<string, Told>();
  let isClosed = false;
  let forgotAt = clock.now();

  const readyAt = (edit: Waiting): number => {
    if (edit.isLast) return 0;
    const before = told.get(edit.key);
    return before ? before.at + paceMs(clock.now() - edit.since) : 0;
  };

  /** The moment at which the scope's budget has room again. 0: it has room now. */
  const roomAt = (scope: Scope, isLast: boolean): number => {
    const max = budget.max + (isLast ? budget.kept : 0);
    const recent = scope.sentAt.filter((at) => at > clock.now() - budget.windowMs);
    scope.sentAt = recent;
    const [oldest] = recent.slice(-max);
    return recent.length < max || oldest === undefined ? 0 : oldest + budget.windowMs;
  };

  function pump(name: string): void {
    const scope = scopes.get(name);
    if (!scope) return;
    scope.cancelTimer();
    const turn = (edit: Waiting) => (edit.isLast ? -1 : (told.get(edit.key)?.at ?? 0));
    let next = Number.POSITIVE_INFINITY;
    for (const edit of [...scope.waiting.values()].sort((a, b) => turn(a) - turn(b))) {
      // The edit in flight sends this one when it is done.
      if (told.get(edit.key)?.underWay) continue;
      const at = Math.max(readyAt(edit), roomAt(scope, edit.isLast));
      if (at <= clock.now()) send(scope, edit);
      else next = Math.min(next, at);
    }
    if (Number.isFinite(next)) scope.cancelTimer = clock.after(next - clock.now(), () => pump(name));
    else if (scope.waiting.size === 0 && roomAt(scope, false) === 0 && scope.sentAt.length === 0) scopes.delete(name);
  }

  function send(scope: Scope, edit: Waiting): void {
    scope.waiting.delete(edit.key);
    scope.sentAt.push(clock.now());
    const underWay = edit
      .send()
      .then(
        () => {
          onOutcome('sent');
          edit.settle?.resolve();
        },
        (error: unknown) => (edit.settle ? edit.settle.reject(error) : onFault(error, edit)),
      )
      .finally(() => {
        if (edit.isLast) told.delete(edit.key);
        else told.set(edit.key, { at: clock.now(), underWay: null });
        pump(edit.scope);
      });
    told.set(edit.key, { at: clock.now(), underWay });
  }

  function forget(): void {
    const since = clock.now() - Math.max(budget.windowMs, forgetAfterMs);
    if (forgotAt > since) return;
    forgotAt = clock.now();
    for (const [key, { at, underWay }] of told) if (!underWay && at < since) told.delete(key);
    for (const [name, { sentAt, waiting }] of scopes) {
      if (waiting.size === 0 && (sentAt.at(-1) ?? 0) < since) scopes.delete(name);
    }
  }

  function enter(edit: Waiting): void {
    forget();
    const scope = scopes.get(edit.scope) ?? { sentAt: [], waiting: new Map(), cancelTimer: () => {} };
    scopes.set(edit.scope, scope);
    // We send nothing after the last edit.
    const isTooLate = scope.waiting.get(edit.key)?.isLast && !edit.isLast;
    if (scope.waiting.has(edit.key)) onOutcome('dropped');
    if (isTooLate) return;
    scope.waiting.set(edit.key, edit);
    pump(edit.scope);
  }

  return {
    offer: (edit) => {
      if (!isClosed) enter({ ...edit, isLast: false, settle: null });
    },
    last: (edit) =>
      new Promise<void>((resolve, reject) => enter({ ...edit, isLast: true, settle: { resolve, reject } })),
    remembered: () => told.size + scopes.size,
    close: async () => {
      isClosed = true;
      for (const scope of scopes.values()) {
        scope.cancelTimer();
        for (const edit of scope.waiting.values()) if (!edit.isLast) scope.waiting.delete(edit.key);
      }
      while ([...told.values()].some(({ underWay }) => underWay)) {
        await Promise.all([...told.values()].map(({ underWay }) => underWay));
      }
    },
  };
}
