import { expect, test } from 'vitest';
import { failureKinds } from '../../../src/domain.ts';
import { BreakerOpen } from '../../../src/pipeline/breaker.ts';
import { EncoderBusy } from '../../../src/pipeline/media/encoder.ts';
import { ConversationGone, MessengerError } from '../../../src/pipeline/messenger.ts';
import { ProviderError } from '../../../src/pipeline/providers/provider.ts';
import { decideRetry, maxFailedAttempts, maxOutage } from '../../../src/pipeline/retryPolicy.ts';

type Asked = Parameters<typeof decideRetry>[0];
const minute = 60_000;
const decide = (doing: Asked['doing'], error: unknown, failedAttempts = 1) =>
  decideRetry({ doing, error, failedAttempts, maxPauseMs: 15 * minute, random: () => 1 });

const busy = (retryAfterMs?: number) =>
  new ProviderError('rate_limited', 'too many', {
    nothingGenerated: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

test('a submit is repeated a few times, and only when nothing was generated and the fault may pass', () => {
  expect(decide('send', busy())).toEqual({ outcome: 'retry', pauseMs: 1_000 });
  expect(decide('send', busy(), 4)).toMatchObject({ outcome: 'give_up', failure: { kind: 'rate_limited' } });
  const unproven = new ProviderError('unavailable', 'no answer');
  expect(decide('send', unproven)).toMatchObject({ outcome: 'give_up' });
  const refused = new ProviderError('refused', 'no', { nothingGenerated: true });
  expect(decide('send', refused)).toMatchObject({ outcome: 'give_up', failure: { kind: 'refused', detail: 'no' } });
});

test('a pause is the longer one of our backoff and what was asked for, and a step that would wait too long is given up', () => {
  expect(decide('send', busy(5 * minute))).toEqual({ outcome: 'retry', pauseMs: 5 * minute });
  expect(decide('send', busy(16 * minute))).toMatchObject({
    outcome: 'give_up',
    failure: { detail: 'it asks to wait for 16 minutes, and this step may take 15 min at most' },
  });
  const silence = new MessengerError('rate_limited', 'Slack asked to wait', { retryAfterMs: 60 * minute });
  expect(decide('deliver', silence)).toEqual({ outcome: 'retry', pauseMs: 15 * minute });
});

test('what is paid for is asked for through a quarter of an hour of an outage, and less long through other faults', () => {
  const away = new ProviderError('unavailable', 'away');
  const strange = new Error('strange');
  for (const doing of ['poll', 'store'] as const) {
    expect(decide(doing, away, maxOutage - 1).outcome).toBe('retry');
    expect(decide(doing, away, maxOutage).outcome).toBe('give_up');
    expect(decide(doing, strange, maxFailedAttempts - 1).outcome).toBe('retry');
    expect(decide(doing, strange, maxFailedAttempts)).toMatchObject({ failure: { kind: 'internal' } });
    expect(decide(doing, new ProviderError('no_output', 'empty'))).toMatchObject({ outcome: 'give_up' });
  }
});

test('a delivery ends with its conversation or its last try, and never because it has to wait', () => {
  expect(decide('deliver', new ConversationGone('The channel was deleted.'))).toEqual({
    outcome: 'give_up',
    failure: { kind: 'unavailable', detail: 'The channel was deleted.' },
  });
  expect(decide('deliver', new Error('strange'), maxOutage - 1).outcome).toBe('retry');
  expect(decide('deliver', new Error('strange'), maxOutage).outcome).toBe('give_up');
});

test('waiting for the encoder is no failed attempt, and settling is never given up', () => {
  expect(decide('deliver', new EncoderBusy(), maxOutage).outcome).toBe('come_back');
  for (const doing of ['cancel', 'fail', 'settle', 'give_up_delivery'] as const) {
    expect(decide(doing, new Error('strange'), 1_000).outcome).toBe('retry');
  }
});

test('another model is asked for only where it may be, after the retries, and for no fault of the request', () => {
  const replaced = (error: unknown, failedAttempts = 1, mayReplace = true) =>
    decideRetry({ doing: 'send', error, failedAttempts, mayReplace, maxPauseMs: 15 * minute, random: () => 1 }).outcome;
  expect(replaced(busy())).toBe('retry');
  expect(replaced(busy(), 4)).toBe('replace');
  expect(replaced(busy(), 4, false)).toBe('give_up');
  expect(replaced(busy(16 * minute))).toBe('replace');
  expect(replaced(new BreakerOpen())).toBe('replace');
  const may = (options: object) =>
    failureKinds.filter((kind) => replaced(new ProviderError(kind, 'no', options), 4) === 'replace');
  expect(may({})).toEqual([]);
  expect(may({ nothingGenerated: true }).sort()).toEqual(['bad_key', 'quota', 'rate_limited', 'unavailable']);
  expect(may({ nothingGenerated: true, lacksModel: true })).toContain('invalid_request');
  expect(may({ isGone: true })).toEqual([]);
  const poll = { doing: 'poll', error: new ProviderError('quota', 'no', { nothingGenerated: true }) } as const;
  expect(
    decideRetry({ ...poll, failedAttempts: 1, mayReplace: true, maxPauseMs: minute, random: () => 1 }).outcome,
  ).toBe('give_up');
});
