import { setTimeout as delay } from 'node:timers/promises';

type ServerEvent = { id?: string; event?: string; data: unknown };

export type EventStream = {
  send: (event: ServerEvent) => void;
  signal: AbortSignal;
};

const heartbeatMs = 15_000;
/** Somebody who reads so slowly is better served by a new beginning. */
const mostWaiting = 512;

/**
 * Server-sent events until `produce` ends, the reader leaves or `stopping` aborts. `isWelcome` is asked again and again: a stream must
 * not outlive the right to it.
 */
export function eventStream(
  stopping: AbortSignal,
  isWelcome: () => Promise<boolean>,
  produce: (stream: EventStream) => Promise<void>,
): Response {
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
        const beat = heartbeat(write, isWelcome, leaving, signal);
        const close = () => {
          leaving.abort();
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
    { highWaterMark: mostWaiting },
  );
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // A connection that is kept for later would keep the server from stopping.
      connection: 'close',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    },
  });
}

async function heartbeat(
  write: (words: string) => void,
  isWelcome: () => Promise<boolean>,
  leaving: AbortController,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await delay(heartbeatMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    if (!(await isWelcome().catch(() => true))) leaving.abort();
    write(': still here\n\n');
  }
}

const textOf = ({ id, event, data }: ServerEvent): string =>
  [...(id === undefined ? [] : [`id: ${id}`]), ...(event === undefined ? [] : [`event: ${event}`])]
    .concat(`data: ${JSON.stringify(data)}`, '', '')
    .join('\n');
