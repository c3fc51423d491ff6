import fc from 'fast-check';
import { expect, test } from 'vitest';
import { failureKinds } from '../../../src/domain.ts';
import {
  admit,
  afterNews,
  type BreakerState,
  breakerKey,
  closedBreaker,
  createBreakers,
} from '../../../src/pipeline/breaker.ts';
import { ProviderError } from '../../../src/pipeline/providers/provider.ts';
import { failureOf } from '../../support/providers/call.ts';

const options = { failuresToOpen: 3, openMs: 1_000 };
const outage = () => Promise.reject(new ProviderError('unavailable', 'out'));
const fine = async () => 'fine';

function breakers() {
  const clock = { ms: 0 };
  return { clock, ...createBreakers(() => clock.ms, options) };
}

async function breakIt(guard: ReturnType<typeof breakers>['guard'], key = 'openai'): Promise<void> {
  for (let times = 0; times < options.failuresToOpen; times += 1) await failureOf(guard(key, outage));
}

test('after enough outages in a row calls fail at once, unsent, and for good', async () => {
  const { guard, clock, open } = breakers();
  await breakIt(guard);
  clock.ms = 400;
  let sent = 0;
  const failure = await failureOf(guard('openai', async () => (sent += 1)));
  expect([failure.kind, failure.nothingGenerated, sent]).toEqual(['unavailable', false, 0]);
  expect(open()).toEqual(['openai']);
});

test('an outage of one provider leaves the others alone', async () => {
  const { guard } = breakers();
  await breakIt(guard);
  expect(await guard('google', fine)).toBe('fine');
});

test('refusals, bad keys and empty accounts never open it, and an answer forgets the outages before it', async () => {
  const { guard } = breakers();
  for (const kind of failureKinds.filter((one) => one !== 'unavailable' && one !== 'timeout')) {
    for (let times = 0; times < 5; times += 1) {
      await failureOf(guard('openai', () => Promise.reject(new ProviderError(kind, 'no'))));
    }
  }
  await failureOf(guard('openai', outage));
  await failureOf(guard('openai', outage));
  await failureOf(guard('openai', () => Promise.reject(new ProviderError('refused', 'no'))));
  await failureOf(guard('openai', outage));
  expect(await guard('openai', fine)).toBe('fine');
});

test('it recovers by itself: one call tries, the others wait for its news', async () => {
  const { guard, clock, open } = breakers();
  await breakIt(guard);
  clock.ms = 1_000;
  const answer = Promise.withResolvers<string>();
  const probe = guard('openai', () => answer.promise);
  expect((await failureOf(guard('openai', fine))).kind).toBe('unavailable');
  answer.resolve('back');
  expect(await probe).toBe('back');
  expect(await guard('openai', fine)).toBe('fine');
  expect(open()).toEqual([]);
});

test('a probe that fails closes the door again; one that was called off lets the next try at once', async () => {
  const { guard, clock } = breakers();
  await breakIt(guard);
  clock.ms = 1_000;
  await failureOf(guard('openai', outage));
  clock.ms = 1_999;
  expect((await failureOf(guard('openai', fine))).kind).toBe('unavailable');
  clock.ms = 2_000;
  await failureOf(guard('openai', () => Promise.reject(new ProviderError('interrupted', 'stopped'))));
  expect(await guard('openai', fine)).toBe('fine');
});

test('a probe that never comes back does not keep the door shut for ever', async () => {
  const { guard, clock } = breakers();
  await breakIt(guard);
  clock.ms = 1_000;
  void guard('openai', () => new Promise(() => {}));
  await failureOf(guard('openai', fine));
  clock.ms = 2_000;
  expect(await guard('openai', fine)).toBe('fine');
});

test('whatever happens, it admits somebody within openMs, and stays closed below the limit of outages', () => {
  const happening = fc.record({ news: fc.constantFrom('answered', 'outage', 'nothing'), wait: fc.nat(3_000) });
  fc.assert(
    fc.property(fc.array(happening), (happenings) => {
      let state: BreakerState = closedBreaker;
      let now = 0;
      let outagesInARow = 0;
      for (const { news, wait } of happenings) {
        now += wait;
        const admission = admit(state, now, options);
        if (admission.admitted) {
          state = afterNews(admission.state, news, now, options);
          outagesInARow = news === 'answered' ? 0 : outagesInARow + (news === 'outage' ? 1 : 0);
        }
        if (outagesInARow < options.failuresToOpen) expect(state.phase).toBe('closed');
        expect(admit(state, now + options.openMs, options).admitted).toBe(true);
      }
    }),
  );
});

test('a model counts as out exactly while its calls would fail at once, and asking lets no call pass', async () => {
  const { guard, clock, isOpen } = breakers();
  expect(isOpen('openai')).toBe(false);
  await breakIt(guard);
  expect(isOpen('openai')).toBe(true);
  clock.ms = options.openMs;
  expect([isOpen('openai'), isOpen('openai')]).toEqual([false, false]);
  expect(await guard('openai', fine)).toBe('fine');
});

test('models of one provider have a breaker each', () => {
  const of = (model: string) => breakerKey({ id: 'openrouter', step: 'video', model });
  expect(of('a')).not.toBe(of('b'));
});
