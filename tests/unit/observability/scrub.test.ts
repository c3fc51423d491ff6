import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/db/secret.ts';
import { scrub, scrubValue } from '../../../src/observability/scrub.ts';
import { everythingShownOf, googleCanary, openAiCanary, plainCanary } from '../../support/canary.ts';

test.each([
  `Incorrect API key provided: ${openAiCanary}. You can find yours…`,
  'Incorrect API key provided: sk-proj-CANARY********************WXYZ.',
  `API key not valid: ${googleCanary}`,
  `https://generativelanguage.googleapis.com/v1beta/models?key=${googleCanary}&alt=json`,
  'Authorization: Bearer CANARY.token-value/1234',
  '{"authorization":"Bearer CANARYtoken1234"}',
  'x-goog-api-key: CANARY-odd-shape-1234',
  '"api_key": "CANARY-odd-shape-1234"',
  'token ya29.CANARY0123456789 expired',
  'xoxb-CANARY-123456789',
])('what looks like a key is hidden: %s', (text) => {
  const clean = scrub(text);
  expect(clean).not.toContain('CANARY');
  expect(clean).toContain('[secret]');
});

test('ordinary words stay as they are', () => {
  const text =
    'The task-force asked for a risk-free sketch; the bearer of the AI basic idea has a key question (sk-8).';
  expect(scrub(text)).toBe(text);
});

test('a literal key is hidden wherever it stands, plain, percent-encoded or in JSON', () => {
  const key = new Secret(plainCanary);
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      for (const form of [plainCanary, encodeURIComponent(plainCanary), JSON.stringify(plainCanary)]) {
        expect(scrub(before + form + after, [key])).not.toMatch(/canary.plain/);
      }
    }),
  );
});

test('errors and JSON are scrubbed to their depth, and an SDK error keeps neither headers nor body', () => {
  const error = Object.assign(new Error(`401 ${openAiCanary}`, { cause: new Error(`cause ${googleCanary}`) }), {
    headers: new Headers({ authorization: `Bearer ${openAiCanary}` }),
    body: `{"key":"${plainCanary}"}`,
  });
  const clean = scrubValue({
    error,
    list: [openAiCanary, { token: 'anything', password: 'anything' }],
    bytes: Buffer.from(openAiCanary),
  });
  const shown = everythingShownOf(clean);
  expect(shown).not.toMatch(/CANARY|canary|anything/);
  expect(clean).toMatchObject({
    error: { name: 'Error', message: '401 [secret]', cause: { message: 'cause [secret]' } },
  });
});

test('a value that refers to itself ends', () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  expect(JSON.stringify(scrubValue(loop))).toContain('…');
});
