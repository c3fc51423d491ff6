import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadRun } from '../../src/db/runs.ts';
import { runId } from '../../src/domain.ts';
import { createHookTokens } from '../../src/pipeline/hookTokens.ts';
import { brokenText, each, headerText, inTime } from '../support/hostile.ts';
import { submitted } from '../support/program.ts';
import { openWebServer } from '../support/web/server.ts';

const inPath = (text: string) => encodeURIComponent(text.slice(0, 1_000).toWellFormed());

test('500 calls to /hooks, damaged in address, method, headers or body, are answered and change nothing', async () => {
  const server = await openWebServer();
  const { db } = server.program.database;
  const id = await submitted(server.program);
  const tokens = createHookTokens(server.program.services.vault.keyring);
  const right = [
    // The run has not begun. The others do not exist.
    tokens.make('google', { runId: id, step: 3 }),
    tokens.make('google', { runId: id, step: 9_999 }),
    tokens.make('google', { runId: runId.parse(randomUUID()), step: 1 }),
  ];
  const stored = async () => ({ ...(await loadRun(db, id)), clockAheadMs: 0 });
  const before = await stored();
  const token = fc.oneof(
    fc.constantFrom(...right),
    fc
      .constantFrom(...right)
      .chain(brokenText)
      .map(inPath),
    fc.string({ maxLength: 300 }).map(inPath),
  );
  const request = fc.record({
    method: fc.oneof({ weight: 8, arbitrary: fc.constant('POST') }, fc.constantFrom('GET', 'PUT', 'DELETE', 'HEAD')),
    vendor: fc.oneof({ weight: 6, arbitrary: fc.constant('google') }, fc.constantFrom('', '..', 'openai', '__proto__')),
    token,
    headers: fc.record({ 'content-type': headerText, 'webhook-signature': headerText }, { requiredKeys: [] }),
    body: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 2_000 }),
      fc.constant('x'.repeat(80_000)),
      fc.constant('{"a":'),
    ),
  });
  const seen = new Set<number>();
  await each(500, request, async ({ method, vendor, token: last, headers, body }) => {
    const bodiless = ['GET', 'HEAD', 'DELETE'].includes(method);
    const asking = { headers, ...(bodiless ? {} : { body }) };
    const answer = await inTime(server.ask(method, `/hooks/${vendor}/${last}`, asking));
    seen.add(answer.status);
    expect(answer.status).toBeLessThan(500);
  });
  expect([204, 404, 405, 413].filter((status) => !seen.has(status))).toEqual([]);
  expect(await stored()).toEqual(before);
});
