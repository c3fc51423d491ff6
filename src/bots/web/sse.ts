import { setTimeout as delay } from 'node:timers/promises';

type ServerEvent = { id?: string; event?: string; data: unknown };

export type EventStream = {
  send: (event: ServerEvent) => void;
  signal: AbortSignal;
};

/** The most streams for one reader. Each costs a connection and a check every second, and nobody watches more at once. */
const maxForOne = 20;
/** The most waiting messages. A reader who is slower than that does better to reconnect. */
const maxWaiting = 512;
const defaultHeartbeatMs = 15_000;

/** All open streams. */
export type Streams = {
  /**
   * Opens server-sent events for `who`. They end when `produce` ends, the reader leaves or the program stops. Null if `who` has
   * too many open. `isWelcome` is called at every heartbeat, because a stream must not outlive the reader's right to it. If that
   * call fails the stream stays: there is no news then either.
   */
  open: (
    who: string,
    isWelcome: () => Promise<boolean>,
    produce: (stream: EventStream) => Promise<void>,
  ) => Response | null;
};

export function createStreams(stopping: AbortSignal, heartbeatMs = defaultHeartbeatMs): Streams {
  const open = new Map<string, number>();
  const count = (who: string, more: number) => {
    const now = (open.get(who) ?? 0) + more;
    if (now === 0) open.delete(who);
    else open.set(who, now);
  };
  return {
    open: (who, isWelcome, produce) => {
      if ((open.get(who) ?? 0) >= maxForOne) return null;
      count(who, 1);
      return eventStream({ stopping, heartbeatMs, isWelcome, produce, ended: () => count(who, -1) });
    },
  };
}

type Streaming = {
  stopping: AbortSignal;
  heartbeatMs: number;
  isWelcome: () => Promise<boolean>;
  produce: (stream: EventStream) => Promise<void>;
  ended: () => void;
};

function eventStream({ stopping, heartbeatMs, isWelcome, produce, ended }: Streaming): Response {
  const leaving = new AbortController();
  const signal = AbortSignal.any([leaving.signal, stopping]);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const write = (words: string) => {
          if (signal.aborted) return;
          controller.enqueue(encoder.encode(words));
          if ((controller.desiredSize ?? 0) <= 0) leaving.abort();
        };
        write('retry: 1000\n\n');
        const send = (event: ServerEvent) => write(textOf(event));
        const beat = heartbeat(heartbeatMs, write, isWelcome, leaving, signal);
        const close = () => {
          leaving.abort();
          ended();
          try {
            controller.close();
          } catch {
            // The reader has closed it already.
          }
        };
        Promise.race([produce({ send, signal }), beat]).then(close, close);
      },
      cancel: () => leaving.abort(),
    },
    { highWaterMark: maxWaiting },
  );
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // A kept-alive connection would keep the server from stopping.
      connection: 'close',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    },
  });
}

async function heartbeat(
  everyMs: number,
  write: (words: string) => void,
  isWelcome: () => Promise<boolean>,
  leaving: AbortController,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    if (!(await isWelcome().catch(() => true))) leaving.abort();
    write(': still here\n\n');
  }
}

const textOf = ({ id, event, data }: ServerEvent): string =>
  [...(id === undefined ? [] : [`id: ${id}`]), ...(event === undefined ? [] : [`event: ${event}`])]
    .concat(`data: ${JSON.stringify(data)}`, '', '')
    .join('\n');
