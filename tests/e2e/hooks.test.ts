import { readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { expect, inject, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createHttpServer } from '../../src/bots/http.ts';
import { startBots } from '../../src/bots.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { hookArrivals } from '../../src/db/schema.ts';
import type { RunId, Vendor } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { Program } from '../../src/program.ts';
import { createTestDatabase } from '../support/database.ts';
import { rowsOf } from '../support/leftovers.ts';
import { createInstallation, delivered, endLeases, type Installation, submitted, until } from '../support/program.ts';
import { image, openPolledAtOnce, startOmniStudio } from '../support/providers/filming.ts';
import { callBot } from '../support/providers/hooks.ts';
import { omniCall, completed as omniCompleted } from '../support/providers/omni.ts';
import { completed, inProgress, openRouterCall } from '../support/providers/openrouter.ts';
import { openInstallationOnOpenRouter } from '../support/providers/openrouterInstallation.ts';

const publicUrl = 'https://vidgenie.example';
const asked = { workflow: 'complete', options: { duration: 8, resolution: '720p' } } as const;

/** A bot that vendors reach, and what it has counted. */
async function openBot(installation: Installation, environment: Record<string, string>) {
  const metrics = createMetrics();
  const program = await installation.open({ worker: false, environment, metrics });
  const http = createHttpServer();
  const stop = await startBots(program, createLog('silent', false), http);
  onTestFinished(stop);
  const count = async (outcome: string) => {
    const text = await metrics.expose({ figures: null, ledger: null });
    return Number(new RegExp(`^vidgenie_hooks_total\\{.*outcome="${outcome}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  };
  return { program, port: http.port() ?? 0, stop, count };
}

/** Google's stand-in, which works until it is told otherwise, with a bot and a worker. */
async function openGoogle(over: Record<string, string> = { PUBLIC_URL: publicUrl }) {
  const { omni, environment } = await startOmniStudio();
  omni.states = [{ status: 'in_progress', steps: [] }];
  omni.file.bytes = readFileSync(inject('vendorMedia').video);
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const all = { ...environment, ...over };
  const polls = () => omni.requests.filter(({ method, path }) => method === 'GET' && /it-\d+$/.test(path)).length;
  return { omni, installation, database, environment: all, polls };
}

/** As if a hook had arrived a moment ago. */
const hear = ({ database }: Pick<Installation, 'database'>, vendor: Vendor) =>
  database.db.insert(hookArrivals).values({ vendor, arrivedAt: new Date() });

const dueRow = z.tuple([z.object({ seconds: z.coerce.number() })]);

/** Resolves when the video of a run is at its vendor, with the time until it is asked for. Seconds. */
async function sentWith(program: Program, id: RunId): Promise<number> {
  await until(program, id, ({ run, steps }) => !run.busy && steps.some((one) => one.state === 'submitted'));
  const due = sql`SELECT extract(epoch FROM due_at - now()) AS seconds FROM runs WHERE id = ${id}`;
  return dueRow.parse([...(await program.database.db.execute(due))])[0].seconds;
}

/** As if every earlier hook had come some seconds before. */
const passSeconds = ({ database: { db } }: Installation) =>
  db.execute(sql`UPDATE steps SET hooked_at = hooked_at - interval '6 seconds'`);

test('Google calls, and the poll decides: untrue and repeated calls cost one poll, and the true one ends the wait', async () => {
  const { omni, installation, environment, polls } = await openGoogle();
  await hear(installation, 'google');
  const [bot, worker] = [
    await openBot(installation, environment),
    await installation.open({ worker: true, environment }),
  ];
  const id = await submitted(worker, asked);
  expect(await sentWith(worker, id)).toBeGreaterThan(170);
  const [hook] = omni.hooks;
  if (!hook) throw new Error('no address was given');
  expect(hook.url).toMatch(/^https:\/\/vidgenie\.example\/hooks\/google\/hook_[\w-]+$/);

  const polled = omni.arrival(/it-1$/);
  expect(await callBot(bot.port, hook.url, { headers: { 'content-type': 'text/plain' }, body: '<garbage' })).toBe(204);
  await polled;
  expect(await sentWith(worker, id)).toBeGreaterThan(170);
  for (let repeat = 0; repeat < 20; repeat += 1) await callBot(bot.port, hook.url, omniCall(hook.id));
  expect([await bot.count('taken'), await bot.count('ignored')]).toEqual([1, 20]);
  for (const url of [hook.url.replace('/google/', '/openrouter/'), `${hook.url}x`, `${publicUrl}/hooks/elsewhere/x`]) {
    expect(await callBot(bot.port, url, omniCall(hook.id))).toBe(404);
  }
  expect(await callBot(bot.port, hook.url, { headers: {}, body: 'x'.repeat(70_000) })).toBe(413);
  expect(polls()).toBe(1);

  omni.states = [omniCompleted];
  await passSeconds(installation);
  expect(await callBot(bot.port, hook.url, omniCall(hook.id))).toBe(204);
  expect((await delivered(worker, id)).run.state).toBe('succeeded');
  // A late repeat of a run that is over.
  await passSeconds(installation);
  expect(await callBot(bot.port, hook.url, omniCall(hook.id))).toBe(204);
  expect(await bot.count('taken')).toBe(2);
  expect(omni.billed).toHaveLength(1);
  expect(await checkInvariants(worker.database.db, { atRest: true })).toEqual([]);
});

test('OpenRouter calls, and what it says of the job comes from the poll alone', async () => {
  const { stub, installation, environment: vendor } = await openInstallationOnOpenRouter();
  stub.image.bytes = await image('#c65d21');
  stub.film.bytes = readFileSync(inject('vendorMedia').video);
  stub.states = [inProgress];
  await hear(installation, 'openrouter');
  const environment = { ...vendor, PUBLIC_URL: publicUrl };
  const [bot, worker] = [
    await openBot(installation, environment),
    await installation.open({ worker: true, environment }),
  ];
  const id = await submitted(worker);
  expect(await sentWith(worker, id)).toBeGreaterThan(170);
  stub.states = [completed];
  const [hook] = stub.hooks;
  // The body says that it failed, which is not true.
  expect(await callBot(bot.port, hook?.url ?? '', openRouterCall(hook?.id ?? '', 'failed'))).toBe(204);
  expect((await delivered(worker, id)).run.state).toBe('succeeded');
  expect((await rowsOf(installation.database.url)).includes(hook?.url.split('_').at(-1) ?? '')).toBe(false);
});

test('a call that arrives before the answer to the request that asked for it is not lost', async () => {
  const { omni, installation, environment } = await openGoogle();
  await hear(installation, 'google');
  const [bot, worker] = [
    await openBot(installation, environment),
    await installation.open({ worker: true, environment }),
  ];
  omni.beforeAnswer = async ({ id, url }) => {
    omni.states = [omniCompleted];
    expect(await callBot(bot.port, url, omniCall(id))).toBe(204);
  };
  expect((await delivered(worker, await submitted(worker, asked))).run.state).toBe('succeeded');
});

test('a vendor is asked rarely only once it has called, and no longer once a call is missing', async () => {
  const { omni, installation, environment, database } = await openGoogle();
  const bot = await openBot(installation, environment);
  // Each worker reads anew which vendors are heard.
  const workOff = async (end: (id: RunId, hook: { id: string; url: string }) => Promise<unknown>) => {
    omni.states = [{ status: 'in_progress', steps: [] }];
    const worker = await installation.open({ worker: true, environment });
    const id = await submitted(worker, asked);
    const seconds = await sentWith(worker, id);
    omni.states = [omniCompleted];
    const hook = omni.hooks.at(-1);
    if (!hook) throw new Error('no address was given');
    await end(id, hook);
    await delivered(worker, id);
    await worker.stop();
    return seconds;
  };
  const call = async (_id: RunId, hook: { id: string; url: string }) => callBot(bot.port, hook.url, omniCall(hook.id));
  // The time until the safety net would have asked.
  const miss = async () => {
    await database.db.execute(sql`UPDATE steps SET due_at = now() WHERE state = 'submitted'`);
    await endLeases(database);
  };
  expect(await workOff(call)).toBeLessThan(10);
  expect(await workOff(call)).toBeGreaterThan(170);
  expect(await workOff(miss)).toBeGreaterThan(170);
  expect(await workOff(call)).toBeLessThan(10);
});

test('a bot that was killed before it answered loses nothing: the vendor calls again, and another bot takes it', async () => {
  const { omni, installation, environment } = await openGoogle();
  await hear(installation, 'google');
  const [first, second] = [await openBot(installation, environment), await openBot(installation, environment)];
  const worker = await installation.open({ worker: true, environment });
  const id = await submitted(worker, asked);
  await sentWith(worker, id);
  await first.stop();
  omni.states = [omniCompleted];
  const hook = omni.hooks[0]?.url ?? '';
  await expect(callBot(first.port, hook, omniCall('it-1'))).rejects.toThrow();
  expect(await callBot(second.port, hook, omniCall('it-1'))).toBe(204);
  expect((await delivered(worker, id)).run.state).toBe('succeeded');
});

test.each([
  ['without a public address', {}],
  ['without TLS', { PUBLIC_URL: 'http://vidgenie.example' }],
  ['with webhooks off', { PUBLIC_URL: publicUrl, WEBHOOKS: 'off' }],
])('%s no vendor is told an address', async (_name, over) => {
  const { omni, installation, environment } = await openGoogle(over);
  const worker = await openPolledAtOnce(installation, environment);
  omni.states = [omniCompleted];
  expect((await delivered(worker, await submitted(worker, asked))).run.state).toBe('succeeded');
  expect(omni.hooks).toEqual([]);
});

test('a vendor that refuses an address is asked without it, makes and bills one video, and is told none again', async () => {
  const { omni, installation, environment } = await openGoogle();
  omni.takesHooks = false;
  omni.states = [omniCompleted];
  const worker = await openPolledAtOnce(installation, environment);
  for (const made of [1, 2]) {
    expect((await delivered(worker, await submitted(worker, asked))).run.state).toBe('succeeded');
    expect(omni.billed).toHaveLength(made);
  }
  const named = omni.posts(/interactions$/).map(({ body }) => 'webhook_config' in Object(body));
  expect(named).toEqual([true, false, false]);
});
