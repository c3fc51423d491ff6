import { expect, test } from 'vitest';
import { ProviderError } from '../../../../src/pipeline/providers/provider.ts';
import { attempt, exchange, type Line, retryAfterMs } from '../../../../src/pipeline/providers/providerCall.ts';
import { startStub } from '../../../support/providers/server.ts';

const options = (signal: AbortSignal) => ({
  vendor: 'A vendor',
  signal,
  deadlineMs: 60_000,
  secrets: [],
  classify: () => ({ kind: 'invalid_request', detail: 'no', nothingGenerated: true }) as const,
});

test('after its end an exchange sends nothing more, however late an SDK wakes up', async () => {
  const stub = await startStub((_request, response) => void response.end('{}'));
  const stop = new AbortController();
  const handed = Promise.withResolvers<Line>();
  const ending = attempt(options(stop.signal), async (line) => {
    handed.resolve(line);
    await new Promise(() => {});
  });
  const line = await handed.promise;
  stop.abort();
  expect(await ending).toMatchObject({ ok: false, fault: { kind: 'interrupted', nothingGenerated: true } });
  await expect(line.fetch(stub.url, { method: 'POST' })).rejects.toThrow();
  expect(stub.requests).toHaveLength(0);
});

test('a mistake of our own before anything is sent is ours, and cost nothing', async () => {
  const outcome = await attempt(options(new AbortController().signal), async () => {
    throw new TypeError('no such method');
  });
  expect(outcome).toMatchObject({ ok: false, fault: { kind: 'internal', nothingGenerated: true } });
});

test('a failure that a provider recognizes by itself keeps what it says', async () => {
  const gone = new ProviderError('no_output', 'The clip is gone.', { isGone: true });
  const failing = exchange(options(new AbortController().signal), async () => {
    throw gone;
  });
  await expect(failing).rejects.toMatchObject({ kind: 'no_output', nothingGenerated: true, isGone: true });
});

test.each([
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Mon, 23 Nov 2026 11:59:00 GMT' }, undefined],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '' }, undefined],
  [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
  [{}, undefined],
])('%j asks for a wait of %s ms', (headers, expected) => {
  expect(retryAfterMs(new Headers(headers), Date.parse('2026-11-23T12:00:00Z'))).toBe(expected);
});
