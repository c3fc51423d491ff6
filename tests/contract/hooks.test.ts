import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/db/secret.ts';
import { everythingShownOf } from '../support/canary.ts';
import { callWith, failureOf } from '../support/providers/call.ts';
import type { HooksOfStub } from '../support/providers/hooks.ts';
import type { Stub } from '../support/providers/server.ts';
import type { Opened } from './subject.ts';
import { subjects } from './subjects/all.ts';
import { googleSubjects } from './subjects/google.ts';
import { openRouterSubjects } from './subjects/openrouter.ts';

const token = 'hook_0b8f6a52-3c1d-4e5f-8a9b-0c1d2e3f4a5b_3_CANARYCANARYCANARYCANARYCANARYCANARYCANARYC';
const address = `https://vidgenie.example/hooks/vendor/${token}`;
const hook = new Secret(address);

/** Sends what a subject asks for. The address is offered to every provider. */
async function submit({ asks, key }: Opened, offered: { hook?: Secret } = { hook }) {
  const call = callWith({ key, ...offered });
  switch (asks.step) {
    case 'enhance':
      return await asks.provider.submit(asks.request, call);
    case 'image':
      return await asks.provider.submit(asks.request, call);
    case 'video':
      return await asks.provider.submit(asks.request, call);
  }
}

async function handleOf(opened: Opened, offered?: { hook?: Secret }) {
  const submitted = await submit(opened, offered);
  if (submitted.outcome !== 'accepted') throw new Error('a video is accepted, not finished');
  return submitted.handle;
}

const isCalling = (stub: Stub): stub is Stub & HooksOfStub => 'hooks' in stub;

/** The vendors that call, with the place of the address in a request. */
const calling: [string, (body: unknown) => unknown][] = [
  ['google omni', (body) => Object(body).webhook_config],
  ['openrouter video', (body) => Object(body).callback_url],
];
const videosOf = [...googleSubjects, ...openRouterSubjects];

describe.each(calling)('%s', (name, placeIn) => {
  async function open() {
    const subject = videosOf.find((one) => one.name === name);
    if (!subject) throw new Error(`there is no subject ${name}`);
    const opened = await subject.open();
    const { stub, asks } = opened;
    if (!isCalling(stub)) throw new Error('its stand-in takes no address');
    return { opened, stub, provider: asks.provider };
  }

  test('is told the address in one request of its specification, and the handle remembers it', async () => {
    const { opened, stub, provider } = await open();
    const handle = await handleOf(opened);
    expect(stub.hooks.map(({ url }) => url)).toEqual([address]);
    expect(opened.billed()).toBe(1);
    expect(provider.awaitsHook?.(JSON.parse(JSON.stringify(handle)))).toBe(true);
    expect(JSON.stringify(handle)).not.toContain('hook_');
  });

  test('is told nothing if no call is asked for, and handles of older versions await none', async () => {
    const { opened, stub, provider } = await open();
    const handle = await handleOf(opened, {});
    expect(stub.posts(opened.paths.submit).map(({ body }) => placeIn(body))).toEqual([undefined]);
    expect(provider.awaitsHook?.(handle)).toBe(false);
    const { hook: _, ...older } = Object(handle);
    expect(provider.awaitsHook?.(older)).toBe(false);
    expect(await provider.poll(older, callWith({ key: opened.key }))).toMatchObject({ outcome: 'working' });
  });

  test('refuses an address that is not https, and repeats ours in no failure', async () => {
    const { opened, stub } = await open();
    const plain = new Secret(address.replace('https:', 'http:'));
    expect((await failureOf(submit(opened, { hook: plain }))).nothingGenerated).toBe(true);
    const words = `cannot call ${address}, which is ${token}`;
    stub.fail('POST', opened.paths.submit, {
      fault: 'status',
      status: 400,
      body: { error: { code: 400, message: words } },
    });
    const failure = await failureOf(submit(opened));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['invalid_request', true]);
    expect(everythingShownOf(failure)).not.toContain('CANARY');
  });
});

test('no other provider says that its vendor calls, or tells its vendor an address', async () => {
  for (const subject of subjects.filter(({ name }) => !calling.some(([known]) => known === name))) {
    const opened = await subject.open();
    expect([subject.name, opened.asks.provider.awaitsHook]).toEqual([subject.name, undefined]);
    await submit(opened);
    for (const { raw } of opened.stub.requests) expect(raw.includes('hook_')).toBe(false);
  }
});
