import { useEffect, useState } from 'preact/hooks';
import type { Answer, Refusal } from './api.ts';
import type { Live } from './live.ts';
import { usePage } from './page.ts';

const firstPauseMs = 1_000;
const maxPauseMs = 10_000;

/** Returns true for a refusal that does not depend on the request: the server is down, overloaded or starting. */
export const isPassing = ({ status }: Refusal): boolean => status === 0 || status === 429 || status >= 500;

/**
 * Repeats a request until there is an answer or `signal` aborts. It waits one second at first and at most ten, and retries at
 * once when the event stream reconnects. It calls `onTry` with the result of each attempt.
 */
export async function untilAnswered<Body>(
  ask: () => Promise<Answer<Body>>,
  { line }: Pick<Live, 'line'>,
  signal: AbortSignal,
  onTry: (answer: Answer<Body>) => void,
): Promise<void> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
    const { opened } = line.get();
    const answer = await ask();
    if (signal.aborted) return;
    onTry(answer);
    if (answer.ok || !isPassing(answer.refusal)) return;
    await pause(pauseMs, signal, (look) => line.subscribe(() => line.get().opened !== opened && look()));
    if (signal.aborted) return;
  }
}

/** Resolves after `ms`, when `signal` aborts, or when the event that `wake` subscribes to happens. */
function pause(ms: number, signal: AbortSignal, wake: (look: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      leave();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const leave = wake(end);
    signal.addEventListener('abort', end);
  });
}

export type Loaded<Body> = {
  /** The latest answer and the path of its request. It stays until the next answer arrives. */
  body: Body | null;
  path: string | null;
  /** True while the server does not answer. The page retries by itself. */
  isAway: boolean;
  change: (body: Body) => void;
};

/** Loads the answer at `path` (null: no request), and loads it again whenever `cause` changes. Shows a refusal once. */
export function useAnswer<Body>(path: string | null, cause?: unknown): Loaded<Body> {
  const { api, live, tell } = usePage();
  const [answered, setAnswered] = useState<{ path: string; body: Body } | null>(null);
  const [isAway, setIsAway] = useState(false);
  useEffect(() => {
    if (path === null) return;
    const asking = new AbortController();
    untilAnswered(
      () => api.get<Body>(path, asking.signal),
      live,
      asking.signal,
      (answer) => {
        setIsAway(!answer.ok && isPassing(answer.refusal));
        if (answer.ok) setAnswered({ path, body: answer.body });
        else if (!isPassing(answer.refusal)) tell(answer);
      },
    );
    return () => asking.abort();
  }, [path, cause]);
  const change = (body: Body) => setAnswered((now) => now && { ...now, body });
  return { body: answered?.body ?? null, path: answered?.path ?? null, isAway, change };
}
