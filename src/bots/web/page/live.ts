import type { z } from 'zod';
import type { account } from '../contract/credits.ts';
import type { Run } from '../contract/run.ts';
import { noFurtherBack } from './runShape.ts';
import { createStore, type Store } from './store.ts';

type Account = z.infer<typeof account>;

/** Live data: the runs and the credits, as the server streams them. */
export type Live = {
  runs: Store<ReadonlyMap<string, Run>>;
  account: Store<Account | null>;
  /** `opened` counts connections. The page may have missed something before each new one. */
  line: Store<{ isUp: boolean; isNew: boolean; opened: number }>;
  keep: (run: Run) => void;
  forget: (id: string) => void;
  /** Opens the stream. Call the returned function to close it. */
  listen: () => () => void;
};

const maxPauseMs = 10_000;

/** `isWelcome` is called when the server refuses or ends the stream for good, as it does when a session has ended. */
export function createLive(isWelcome: () => Promise<boolean>): Live {
  const runs = createStore<ReadonlyMap<string, Run>>(new Map());
  const account = createStore<Account | null>(null);
  const line = createStore({ isUp: false, isNew: true, opened: 0 });
  // A stream carries neither a run's place in the queue nor the prices of its buttons. The last known values are better than
  // none.
  const keep = (run: Run) =>
    runs.change((now) => {
      const before = now.get(run.id);
      const queue = run.queue ?? (run.state === 'queued' ? (before?.queue ?? null) : null);
      return new Map(now).set(run.id, {
        ...noFurtherBack(before, run),
        queue,
        prices: run.prices ?? before?.prices ?? null,
      });
    });

  const listen = () => {
    let source: EventSource | null = null;
    let pause: ReturnType<typeof setTimeout> | undefined;
    let pauseMs = 500;
    const connect = () => {
      clearTimeout(pause);
      source?.close();
      source = new EventSource('/api/events');
      source.addEventListener('open', () => {
        pauseMs = 500;
        line.change(({ opened }) => ({ isUp: true, isNew: false, opened: opened + 1 }));
      });
      source.addEventListener('run', ({ data }: MessageEvent<string>) => {
        const run: Run = JSON.parse(data);
        keep(run);
      });
      source.addEventListener('credits', ({ data }: MessageEvent<string>) => {
        const now: Account = JSON.parse(data);
        account.change(() => now);
      });
      source.addEventListener('error', () => {
        line.change((now) => (now.isUp ? { ...now, isUp: false } : now));
        // The browser reconnects a broken stream by itself, but not a refused one.
        if (source?.readyState !== EventSource.CLOSED) return;
        pause = setTimeout(async () => {
          if (await isWelcome()) connect();
        }, pauseMs);
        pauseMs = Math.min(pauseMs * 2, maxPauseMs);
      });
    };
    const connectIfDown = () => {
      if (!line.get().isUp && document.visibilityState === 'visible') connect();
    };
    connect();
    addEventListener('online', connectIfDown);
    document.addEventListener('visibilitychange', connectIfDown);
    return () => {
      clearTimeout(pause);
      source?.close();
      removeEventListener('online', connectIfDown);
      document.removeEventListener('visibilitychange', connectIfDown);
    };
  };

  const forget = (id: string) =>
    runs.change((now) => {
      const rest = new Map(now);
      rest.delete(id);
      return rest;
    });
  return { runs, account, line, keep, forget, listen };
}
