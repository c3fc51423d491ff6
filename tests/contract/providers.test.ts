import { describe, expect, test } from 'vitest';
import { aspects, type FailureKind, qualities, resolutions } from '../../src/domain.ts';
import { everythingShownOf } from '../support/canary.ts';
import {
  callOf,
  download,
  failed,
  finish,
  handleOf,
  holdDeadlines,
  listenToConsole,
  methodOn,
  paid,
  resultOf,
  submit,
} from '../support/providers/asking.ts';
import { deserted, type Fault, startStub } from '../support/providers/server.ts';
import { malformationsOf } from '../support/providers/wellFormed.ts';
import type { Opened } from './subject.ts';
import { subjects } from './subjects/all.ts';

// The promises that every provider keeps, whatever it asks. `subjects/all.ts` is the table of those that are tried.

/** An answer of a server that repeats our key wherever it can. */
const echo = ({ key }: Opened, status: number, headers: Record<string, string> = {}): Fault => {
  const said = key?.reveal() ?? 'no key';
  const message = `no luck with ${said}, with ${encodeURIComponent(said)} and with ${JSON.stringify(said)}`;
  return { fault: 'status', status, body: { error: { message } }, headers: { 'x-echo': said, ...headers } };
};

const anyMethod = (opened: Opened, path: RegExp, ...faults: Fault[]) =>
  opened.stub.fail(methodOn(opened, path), path, ...faults);

/** A server to which nobody should go. It notices whoever comes. */
const startElsewhere = () => startStub((_request, response) => void response.end('caught'));

describe.each(subjects)('$name', ({ open }) => {
  describe('a request', () => {
    test('is one POST that is billed once, and gives a result', async () => {
      const opened = await open();
      expect((await resultOf(opened)).length).toBeGreaterThan(0);
      expect(paid(opened)).toHaveLength(1);
      expect(opened.billed()).toBe(1);
    });

    test('carries the key in its headers alone', async () => {
      const opened = await open();
      await resultOf(opened);
      const carried = opened.stub.requests.map(({ url, raw }) => `${url.href} ${raw.toString('latin1')}`).join('\n');
      expect(carried).not.toContain('CANARY');
      if (opened.key) expect(JSON.stringify(paid(opened)[0]?.headers)).toContain(opened.key.reveal());
    });

    test('is not sent without the key that it needs', async () => {
      const opened = await open();
      if (opened.key === null || opened.holdsKey) return expect(paid(opened)).toEqual([]);
      const failure = await failed(submit(opened, callOf(opened, { key: null })));
      expect([failure.kind, failure.nothingGenerated]).toEqual(['bad_key', true]);
      expect(opened.stub.requests).toEqual([]);
    });

    test.each<[number, FailureKind, boolean]>([
      [400, 'invalid_request', true],
      [401, 'bad_key', true],
      [402, 'quota', true],
      [403, 'bad_key', true],
      [404, 'invalid_request', true],
      [408, 'timeout', false],
      [409, 'unavailable', false],
      [429, 'rate_limited', true],
      [500, 'unavailable', false],
      [502, 'unavailable', false],
      [503, 'unavailable', false],
    ])(
      'that is answered with status %i fails as %s, and the key is in nothing that it says',
      async (status, kind, free) => {
        const opened = await open();
        const said = listenToConsole();
        opened.stub.fail('POST', opened.paths.submit, echo(opened, status));
        const failure = await failed(submit(opened, callOf(opened)));
        expect([failure.kind, failure.nothingGenerated]).toEqual([kind, free]);
        expect(failure.lacksPermission).toBe(status === 403);
        expect(failure.retryAfterMs).toBeUndefined();
        expect(paid(opened)).toHaveLength(1);
        expect(everythingShownOf(failure)).not.toContain('CANARY');
        expect(said()).not.toContain('CANARY');
      },
    );

    test('that comes too early says when to come again, by seconds and by a date', async () => {
      const opened = await open();
      const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
      const limited = (wish: string) => echo(opened, 429, { 'retry-after': wish });
      opened.stub.fail('POST', opened.paths.submit, limited('7'), limited(inAnHour), limited('soon'));
      const ask = () => failed(submit(opened, callOf(opened)));
      expect((await ask()).retryAfterMs).toBe(7_000);
      const { retryAfterMs = 0 } = await ask();
      expect(retryAfterMs).toBeGreaterThan(3_000_000);
      expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);
      expect((await ask()).retryAfterMs).toBeUndefined();
    });

    test.each<[string, Fault, FailureKind]>([
      ['a dropped connection', { fault: 'drop' }, 'unavailable'],
      ['an answer that breaks off', { fault: 'cut' }, 'unavailable'],
      ['malformed JSON', { fault: 'malformed' }, 'no_output'],
      ['a web page', { fault: 'html' }, 'no_output'],
    ])('that meets %s may have cost money, and is not sent again', async (_name, fault, kind) => {
      const opened = await open();
      opened.stub.fail('POST', opened.paths.submit, fault);
      const failure = await failed(submit(opened, callOf(opened)));
      expect([failure.kind, failure.nothingGenerated]).toEqual([kind, false]);
      expect(paid(opened)).toHaveLength(1);
    });

    test('that gets no answer ends at its deadline, and is not sent again', async () => {
      const deadlines = holdDeadlines();
      const opened = await open();
      opened.stub.fail('POST', opened.paths.submit, { fault: 'hang' });
      const arrived = opened.stub.arrival(opened.paths.submit);
      const failing = failed(submit(opened, callOf(opened)));
      await arrived;
      deadlines.pass();
      const failure = await failing;
      expect([failure.kind, failure.nothingGenerated]).toEqual(['timeout', false]);
      expect(paid(opened)).toHaveLength(1);
    });

    test('to an address where nobody listens has generated nothing', async () => {
      const opened = await open({ baseUrl: await deserted() });
      const failure = await failed(submit(opened, callOf(opened)));
      expect([failure.kind, failure.nothingGenerated]).toEqual(['unavailable', true]);
    });

    test('that succeeds with an error inside is a failure', async () => {
      const opened = await open();
      if (opened.errorInside === null) return expect(paid(opened)).toEqual([]);
      const inside: Fault = { fault: 'status', status: 200, body: opened.errorInside };
      opened.stub.fail('POST', opened.paths.submit, inside);
      await failed(submit(opened, callOf(opened)));
      expect(paid(opened)).toHaveLength(1);
    });

    test('is not sent to where a redirect points, and neither is the key', async () => {
      const [opened, elsewhere] = [await open(), await startElsewhere()];
      opened.stub.fail('POST', opened.paths.submit, { fault: 'redirect', to: `${elsewhere.url}/v1` });
      expect((await failed(submit(opened, callOf(opened)))).nothingGenerated).toBe(false);
      expect(elsewhere.requests).toEqual([]);
    });

    test('that was stopped beforehand is never sent', async () => {
      const opened = await open();
      const failure = await failed(submit(opened, callOf(opened, { signal: AbortSignal.abort() })));
      expect([failure.kind, failure.nothingGenerated]).toEqual(['interrupted', true]);
      expect(opened.stub.requests).toEqual([]);
    });

    test('that is stopped on its way is an interruption, and nothing more is sent', async () => {
      const opened = await open();
      const stop = new AbortController();
      opened.stub.fail('POST', opened.paths.submit, { fault: 'hang' });
      const arrived = opened.stub.arrival(opened.paths.submit);
      const failing = failed(submit(opened, callOf(opened, { signal: stop.signal })));
      await arrived;
      const sent = opened.stub.requests.length;
      stop.abort(new Error('the process stops'));
      const failure = await failing;
      expect([failure.kind, failure.nothingGenerated]).toEqual(['interrupted', false]);
      // Another request goes from beginning to end, and is the only one that followed.
      expect(opened.stub.requests).toHaveLength(sent);
      await submit(opened, callOf(opened));
      expect(paid(opened)).toHaveLength(2);
      expect(opened.billed()).toBe(1);
    });
  });

  describe('a handle', () => {
    test('serves another process, and the key is not in it', async () => {
      const opened = await open();
      const handle = await handleOf(opened);
      if (handle === null) return expect(opened.paths.poll).toBeNull();
      expect(everythingShownOf(handle)).not.toContain('CANARY');
      const { asks } = await open({ baseUrl: opened.stub.url });
      const resumed = { ...opened, asks };
      const stored = JSON.parse(JSON.stringify(handle));
      await finish(resumed, stored);
      expect((await download(resumed, stored)).length).toBeGreaterThan(0);
      expect(paid(opened)).toHaveLength(1);
    });

    test('is asked again and again for nothing', async () => {
      const opened = await open();
      const handle = await handleOf(opened);
      if (handle === null) return expect(opened.paths.poll).toBeNull();
      await finish(opened, handle);
      await finish(opened, handle);
      const first = await download(opened, handle);
      expect(first.length).toBeGreaterThan(0);
      expect(await download(opened, handle)).toEqual(first);
      expect(paid(opened)).toHaveLength(1);
      expect(opened.billed()).toBe(1);
    });

    test.each<[string, (opened: Opened) => Fault, FailureKind]>([
      ['status 401', (opened) => echo(opened, 401), 'bad_key'],
      ['status 429', (opened) => echo(opened, 429), 'rate_limited'],
      ['status 500', (opened) => echo(opened, 500), 'unavailable'],
      ['a dropped connection', () => ({ fault: 'drop' }), 'unavailable'],
      ['malformed JSON', () => ({ fault: 'malformed' }), 'no_output'],
      ['a web page', () => ({ fault: 'html' }), 'no_output'],
    ])('that meets %s can be asked again', async (_name, faultOf, kind) => {
      const opened = await open();
      const handle = await handleOf(opened);
      if (handle === null || opened.paths.poll === null) return expect(handle).toBeNull();
      await finish(opened, handle);
      anyMethod(opened, opened.paths.poll, faultOf(opened));
      const failure = await failed(opened.asks.provider.poll(handle, callOf(opened)));
      expect(failure.kind).toBe(kind);
      expect(everythingShownOf(failure)).not.toContain('CANARY');
      await finish(opened, handle);
      expect((await download(opened, handle)).length).toBeGreaterThan(0);
      expect(paid(opened)).toHaveLength(1);
    });

    test('that is answered with an error inside a success has failed', async () => {
      const opened = await open();
      const handle = await handleOf(opened);
      if (handle === null || opened.paths.poll === null) return expect(handle).toBeNull();
      if (opened.errorInside === null) return expect(opened.billed()).toBe(1);
      await finish(opened, handle);
      anyMethod(opened, opened.paths.poll, { fault: 'status', status: 200, body: opened.errorInside });
      await failed(opened.asks.provider.poll(handle, callOf(opened)));
    });

    test('does not lead to where a redirect points, and neither does its result', async () => {
      const [opened, elsewhere] = [await open(), await startElsewhere()];
      const handle = await handleOf(opened);
      if (handle === null) return expect(opened.paths.poll).toBeNull();
      await finish(opened, handle);
      await download(opened, handle);
      const { poll, content } = opened.paths;
      const away: Fault = { fault: 'redirect', to: `${elsewhere.url}/v1` };
      if (poll) {
        anyMethod(opened, poll, away);
        await failed(opened.asks.provider.poll(handle, callOf(opened)));
      }
      if (content) {
        opened.stub.fail('GET', content, away);
        await failed(download(opened, handle));
      }
      expect(elsewhere.requests).toEqual([]);
    });

    test.each<[string, (elsewhere: string) => string]>([
      ['another server of this machine', (elsewhere) => `${elsewhere}/video.mp4`],
      ['this machine by its name', (elsewhere) => elsewhere.replace('127.0.0.1', 'localhost')],
      ['this machine in other digits', (elsewhere) => elsewhere.replace('127.0.0.1', '2130706433')],
      ['the port where nobody listens', () => 'http://127.0.0.1:9/video.mp4'],
      ['a private network', () => 'http://10.0.0.1/video.mp4'],
      ['the metadata of a cloud', () => 'http://169.254.169.254/latest/meta-data/'],
      ['the metadata of a cloud by name', () => 'http://metadata.google.internal/computeMetadata/v1/'],
      ['another host', () => 'https://evil.example/video.mp4'],
      ['a sign-in', (elsewhere) => elsewhere.replace('//', '//me:secret@')],
      ['a local file', () => 'file:///etc/passwd'],
      ['nonsense', () => 'no address'],
    ])('is never followed to %s that the vendor names', async (_name, addressOf) => {
      const [opened, elsewhere] = [await open(), await startElsewhere()];
      if (opened.resultAt === null) return expect(paid(opened)).toEqual([]);
      opened.resultAt(addressOf(elsewhere.url));
      const failure = await failed(resultOf(opened));
      expect([failure.kind, failure.nothingGenerated]).toEqual(['no_output', false]);
      expect(elsewhere.requests).toEqual([]);
    });
  });

  describe('to cancel', () => {
    test('asks the vendor, if it can stop at all, and pays for nothing', async () => {
      const opened = await open();
      const handle = await handleOf(opened);
      if (handle === null) return expect(opened.paths.cancel).toBeNull();
      await opened.asks.provider.cancel(handle, callOf(opened));
      const { cancel } = opened.paths;
      const asked = opened.stub.requests.filter(
        ({ method, path }) => cancel !== null && method === cancel.method && cancel.path.test(path),
      );
      expect(asked).toHaveLength(cancel === null ? 0 : 1);
      expect(paid(opened)).toHaveLength(1);
      expect(opened.billed()).toBe(1);
    });

    test('is no failure, whatever the vendor answers', async () => {
      const [opened, elsewhere] = [await open(), await startElsewhere()];
      const handle = await handleOf(opened);
      if (handle === null) return expect(opened.paths.cancel).toBeNull();
      const faults: Fault[] = [
        echo(opened, 404),
        echo(opened, 500),
        { fault: 'drop' },
        { fault: 'cut' },
        { fault: 'malformed' },
        { fault: 'html' },
        { fault: 'redirect', to: elsewhere.url },
      ];
      for (const fault of faults) {
        const { cancel } = opened.paths;
        if (cancel) opened.stub.fail(cancel.method, cancel.path, fault);
        await opened.asks.provider.cancel(handle, callOf(opened));
      }
      expect(elsewhere.requests).toEqual([]);
      const unreachable = await open({ baseUrl: await deserted() });
      await unreachable.asks.provider.cancel(handle, callOf(opened));
    });
  });

  test('nothing that a debugger shows of a provider or of its answers has the key', async () => {
    const opened = await open();
    const said = listenToConsole();
    const answer = await submit(opened, callOf(opened));
    const shown = [everythingShownOf(opened.asks.provider), everythingShownOf(answer)];
    if (answer.outcome === 'accepted') shown.push(everythingShownOf(await finish(opened, answer.handle)));
    expect(shown.join('\n')).not.toContain('CANARY');
    expect(said()).not.toContain('CANARY');
  });

  test('its model is described well, and the usual duration of a step is known', async () => {
    const { asks } = await open();
    expect(malformationsOf(asks.provider)).toEqual([]);
    const duration = asks.provider.capabilities.durations.at(-1) ?? 0;
    for (const resolution of resolutions) {
      for (const quality of qualities) {
        const ms = asks.provider.expectedMs({ duration, resolution, quality });
        expect(Number.isFinite(ms) && ms > 0).toBe(true);
      }
    }
    for (const aspect of asks.provider.capabilities.aspects) expect(aspects).toContain(aspect);
  });
});
