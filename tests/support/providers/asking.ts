import { expect, onTestFinished, vi } from 'vitest';
import type { EnhancedPrompt, JsonValue } from '../../../src/domain.ts';
import {
  type Call,
  type MediaStream,
  type ProviderCost,
  ProviderError,
} from '../../../src/pipeline/providers/provider.ts';
import type { Opened } from '../../contract/subject.ts';
import { bytesOf, callWith } from './call.ts';
import type { Received } from './server.ts';

/** The same few questions to a provider of any kind of step. */

export type Answer =
  | { outcome: 'finished'; output: EnhancedPrompt | MediaStream; cost?: ProviderCost }
  | { outcome: 'accepted'; handle: JsonValue; pollAfterMs: number };

export const callOf = ({ key }: Opened, changes: Partial<Call> = {}): Call => callWith({ key, ...changes });

export async function submit({ asks }: Opened, call: Call): Promise<Answer> {
  switch (asks.step) {
    case 'enhance':
      return await asks.provider.submit(asks.request, call);
    case 'image':
      return await asks.provider.submit(asks.request, call);
    case 'video':
      return await asks.provider.submit(asks.request, call);
  }
}

/** The handle of an accepted request. Null: the provider answers at once. */
export async function handleOf(opened: Opened): Promise<JsonValue | null> {
  const answer = await submit(opened, callOf(opened));
  return answer.outcome === 'accepted' ? answer.handle : null;
}

/** Polls until the result is there. Stand-ins need a few polls at most. */
export async function finish(opened: Opened, handle: JsonValue): Promise<ProviderCost | undefined> {
  for (let polls = 0; polls < 20; polls += 1) {
    const polled = await opened.asks.provider.poll(handle, callOf(opened));
    if (polled.outcome === 'finished') return polled.cost;
    expect(polled.pollAfterMs).toBeGreaterThan(0);
  }
  throw new Error('the stand-in never finishes');
}

/** A result in bytes. */
async function read(output: EnhancedPrompt | MediaStream): Promise<Buffer> {
  return 'body' in output ? await bytesOf(output) : Buffer.from(JSON.stringify(output));
}

export const download = async (opened: Opened, handle: JsonValue): Promise<Buffer> =>
  await read(await opened.asks.provider.download(handle, callOf(opened)));

/** The result of a request from its beginning to its end. */
export async function resultOf(opened: Opened): Promise<Buffer> {
  const answer = await submit(opened, callOf(opened));
  if (answer.outcome === 'finished') return await read(answer.output);
  await finish(opened, answer.handle);
  return await download(opened, answer.handle);
}

/** The failure of a call. Anything but a {@link ProviderError} fails the test, and so does a success. */
export async function failed(work: Promise<unknown>): Promise<ProviderError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ProviderError) return error;
  throw new Error('the call was expected to fail with an error of the taxonomy', { cause: error });
}

/** The method with which a provider asks on that path, as the stand-in has seen it. */
export function methodOn({ stub }: Opened, path: RegExp): string {
  const seen = stub.requests.findLast((request) => path.test(request.path));
  if (!seen) throw new Error(`nobody has asked on ${path}`);
  return seen.method;
}

export const paid = ({ stub, paths }: Opened): Received[] => stub.posts(paths.submit);

/** Takes the place of the clock that gives calls their deadlines. All deadlines of up to `uptoMs` pass at `pass`, and none before. */
export function holdDeadlines(): { pass: (uptoMs?: number) => void } {
  const held: { controller: AbortController; ms: number }[] = [];
  const clock = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController();
    held.push({ controller, ms });
    return controller.signal;
  });
  onTestFinished(() => clock.mockRestore());
  return {
    pass: (uptoMs = Number.POSITIVE_INFINITY) => {
      for (const { controller, ms } of held) {
        if (ms <= uptoMs) controller.abort(new DOMException('the time is over', 'TimeoutError'));
      }
    },
  };
}

/** Everything that is written to the console from now on. */
export function listenToConsole(): () => string {
  const said: unknown[] = [];
  const methods = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;
  const spies = methods.map((method) =>
    vi.spyOn(console, method).mockImplementation((...words) => void said.push(words)),
  );
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((words) => {
      said.push(words);
      return true;
    }),
  );
  onTestFinished(() => {
    for (const spy of [...spies, ...streams]) spy.mockRestore();
  });
  return () => said.map((one) => String(one)).join('\n');
}
