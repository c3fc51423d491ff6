/** A clock that tests can turn by hand. `after` returns what cancels it. */
export type Clock = { now: () => number; after: (ms: number, act: () => void) => () => void };

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/** How many edits a scope (a channel, a workspace) takes in a window of time; the last words of messages may use `kept` more. */
export type Budget = { windowMs: number; max: number; kept: number };

export type Edit = {
  /** The message: of several edits that wait for one message, the newest wins. */
  key: string;
  /** Whose budget it uses. */
  scope: string;
  /** When the message's story began, in milliseconds since 1970: old stories are told more slowly. */
  since: number;
  send: () => Promise<void>;
};

export type EditThrottle = {
  /** Sends an edit as soon as its turn comes, unless a newer one takes its place. */
  offer: (edit: Edit) => void;
  /** Sends the last word about a message: whatever waits for it is dropped. Rejects when it could not be sent. */
  last: (edit: Edit) => Promise<void>;
  /** Drops what waits and resolves when what is under way was sent. */
  close: () => Promise<void>;
};

/** Milliseconds between two edits of a message: lively at first, slower with age. */
export function defaultPaceMs(ageMs: number): number {
  if (ageMs < 60_000) return 3_000;
  return ageMs < 10 * 60_000 ? 6_000 : 20_000;
}

type Waiting = Edit & { isLast: boolean; settle: { resolve: () => void; reject: (error: unknown) => void } | null };
type Scope = { sentAt: number[]; waiting: Map<string, Waiting>; cancelTimer: () => void };
type Told = { at: number; underWay: Promise<void> | null };

/** Spreads edits so that no platform has to refuse any. Within a scope the message that was edited longest ago goes first. */
export function createEditThrottle(options: {
  clock: Clock;
  budget: Budget;
  paceMs: (ageMs: number) => number;
  /** An edit that was not the last one failed: a newer one follows. */
  onFault: (error: unknown, edit: Edit) => void;
  /** What became of an edit; `dropped`: a newer one took its place. */
  onOutcome: (outcome: 'sent' | 'dropped') => void;
}): EditThrottle {
  const { clock, budget, paceMs, onFault, onOutcome } = options;
  const scopes = new Map<string, Scope>();
  const told = new Map<string, Told>();
  let isClosed = false;

  const readyAt = (edit: Waiting): number => {
    if (edit.isLast) return 0;
    const before = told.get(edit.key);
    return before ? before.at + paceMs(clock.now() - edit.since) : 0;
  };

  /** The moment at which the scope's budget has room again; 0: it has. */
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
      // Sent again from here when the one under way is done.
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

  function enter(edit: Waiting): void {
    const scope = scopes.get(edit.scope) ?? { sentAt: [], waiting: new Map(), cancelTimer: () => {} };
    scopes.set(edit.scope, scope);
    // Nothing is said after the last word.
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
