import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createHttpServer } from '../../src/bots/http.ts';
import { startBots } from '../../src/bots.ts';
import type { Config } from '../../src/config.ts';
import { Secret } from '../../src/db/secret.ts';
import { createLog } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { ProviderError } from '../../src/pipeline/providers/provider.ts';
import type { Program } from '../../src/program.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { testConfig } from '../support/config.ts';
import { createTestDatabase } from '../support/database.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';
import { startInSlack } from '../support/slack/installed.ts';
import type { VendorBehaviour } from '../support/studio.ts';

const token = 'canary-operator-token-0123456789';

async function served(program: Program): Promise<string> {
  const http = createHttpServer();
  onTestFinished(await startBots(program, createLog('silent', false), http));
  return `http://127.0.0.1:${http.port()}`;
}

async function openServed(config: Partial<Config> = {}, vendor: VendorBehaviour = {}) {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const program = await installation.open({ worker: true, metrics: createMetrics(), config, vendor });
  return { program, url: await served(program) };
}

/** A server that receives traces. */
async function receiver(): Promise<{ url: string; bodies: string[]; told: (word: string) => Promise<void> }> {
  const bodies: string[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push(`${request.url} ${Buffer.concat(chunks)}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    for (const look of waiting) look();
  });
  await once(server.listen(0), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = z.custom<AddressInfo>().parse(server.address());
  const told = (word: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (bodies.some((body) => body.includes(word))) resolve();
      };
      waiting.add(look);
      look();
    });
  return { url: `http://127.0.0.1:${address.port}`, bodies, told };
}

const readiness = z.object({
  status: z.string(),
  parts: z.record(z.string(), z.object({ state: z.string(), ms: z.number() })),
});

test('a process says that it is alive, that each part it needs answers, and how its work went; it names nobody', async () => {
  const { program, url } = await openServed();
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'alive' });
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(200);
  const { parts } = readiness.parse(await ready.json());
  expect(Object.keys(parts).sort()).toEqual(['database', 'disk', 'media', 'queue']);

  const id = await submitted(program);
  await delivered(program, id);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('vidgenie_runs_settled_total{workflow="complete",outcome="succeeded"} 1');
  // A series has to be there before its first run, or no alert counts that run.
  expect(metrics).toContain('vidgenie_runs_settled_total{workflow="story",outcome="failed"} 0');
  expect(metrics).toContain('vidgenie_provider_errors_total{provider="openai",kind="bad_key"} 0');
  expect(metrics).toContain('vidgenie_credits_captured_total 24');
  expect(metrics).toMatch(/vidgenie_step_seconds_count\{provider="[\w-]+",step="video"\} 1/);
  expect(metrics).toMatch(/vidgenie_queue_depth 0\n/);
  expect(metrics).toMatch(/vidgenie_ledger_discrepancies 0\n/);
  for (const name of [id, 'terminal:test', 'ada', 'Ada', 'fox']) expect(metrics).not.toContain(name);

  await program.database.close();
  // An answer is cached for a second.
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
  const unready = readiness.parse(await (await fetch(`${url}/readyz`)).json());
  expect(unready.parts).toMatchObject({ database: { state: 'failed' } });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
});

/** The sum of a metric's values in the scraped text, over all its labels. */
const figureOf = (scraped: string, metric: string) =>
  [...scraped.matchAll(new RegExp(`^vidgenie_${metric}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))]
    .map(([, value]) => Number(value))
    .reduce((sum, value) => sum + value, 0);

test('a failing provider, what went back, edits, acknowledgements, what waits and a damaged ledger all show in the metrics', async () => {
  const failing = { video: () => new ProviderError('refused', 'no foxes') };
  const { slack, driver, program, port } = await startInSlack({ metrics: createMetrics(), vendor: { failing } });
  await driver.command('complete a fox');
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  // No worker is active any more, so a new run waits.
  await program.drain();
  const { db } = program.database;
  const waiting = await submitted(program, { workflow: 'image' });
  await db.execute(sql`UPDATE runs SET created_at = created_at - interval '90 seconds' WHERE id = ${waiting}`);
  await db.execute(sql`
    INSERT INTO credit_transactions (workspace_id, kind, amount, balance_after, held_after, idempotency_key)
    VALUES ('terminal:test', 'grant', 7, 7, 0, 'from nowhere')`);

  const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(scraped).toContain('vidgenie_provider_errors_total{provider="vendor",kind="refused"} 1\n');
  expect(scraped).toContain('vidgenie_runs_settled_total{workflow="complete",outcome="failed"} 1\n');
  expect(figureOf(scraped, 'credits_captured_total')).toBe(6);
  expect(figureOf(scraped, 'credits_released_total')).toBe(18);
  expect(figureOf(scraped, 'credits_held')).toBe(6);
  expect(figureOf(scraped, 'queue_depth')).toBe(1);
  expect(figureOf(scraped, 'queue_oldest_seconds')).toBeGreaterThanOrEqual(90);
  expect(scraped).toMatch(/vidgenie_edits_total\{platform="slack",outcome="sent"\} [1-9]/);
  expect(scraped).toContain('vidgenie_ack_seconds_count{platform="slack"} 1\n');
  expect(figureOf(scraped, 'ledger_discrepancies')).toBeGreaterThan(0);
});

test.for([
  ['a full disk', () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }), 'storage'],
  ['a fault of the program', () => new TypeError('undefined is not a function'), 'internal'],
] as const)('%s is not counted as an error of the provider', async ([, image, kind]) => {
  const { program, url } = await openServed({}, { failing: { image } });
  const { run } = await delivered(program, await submitted(program, { workflow: 'image' }));
  expect(run.failure).toMatchObject({ kind });
  const scraped = await (await fetch(`${url}/metrics`)).text();
  expect(figureOf(scraped, 'runs_settled_total')).toBe(1);
  expect(figureOf(scraped, 'provider_errors_total')).toBe(0);
});

test('npm start without a chat platform counts its work as every other process that serves', async () => {
  const { environment } = await newcomer();
  const program = vidgenie(['start'], { ...environment, PORT: '0' });
  const address = /http:\S+$/.exec(await program.line(/http:/))?.[0] ?? '';
  const scraped = await fetch(`${address}/metrics`);
  expect([scraped.status, await scraped.text()]).toEqual([200, expect.stringContaining('vidgenie_database_up 1\n')]);
  program.child.kill('SIGTERM');
  expect(await program.exit).toBe(0);
});

test('the board of the queue opens to the operator token alone, and only shows', async () => {
  const { url } = await openServed({ operatorToken: new Secret(token) });
  const ask = (path: string, authorization?: string, method = 'GET') =>
    fetch(`${url}${path}`, { method, redirect: 'manual', headers: authorization ? { authorization } : {} });
  const basic = (password: string) => `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`;

  for (const wrong of [undefined, 'Bearer wrong', basic('wrong'), basic(''), 'Bearer', `Digest ${token}`]) {
    for (const path of ['/queues', '/queues/', '/queues/api/queues', '/queues/static/../api/queues']) {
      const refused = await ask(path, wrong);
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toContain('Basic');
    }
  }
  const page = await ask('/queues', basic(token));
  expect(page.status).toBe(200);
  const html = await page.text();
  const script = /src="([^"]+\.js)"/.exec(html)?.[1] ?? '';
  expect((await fetch(new URL(script, `${url}/queues/`), { headers: { authorization: basic(token) } })).status).toBe(
    200,
  );

  const shown = await (await ask('/queues/api/queues?activeQueue=turns', `Bearer ${token}`)).text();
  expect(shown).toContain('"readOnlyMode":true');
  expect(shown).not.toContain(token);
  expect((await ask('/queues/api/queues/turns/clean/completed', basic(token), 'PUT')).status).toBe(405);
});

test('where an operator token is set, the metrics open to it alone, as a bearer or as a password', async () => {
  const { url } = await openServed({ operatorToken: new Secret(token) });
  const ask = (authorization?: string) => fetch(`${url}/metrics`, { headers: authorization ? { authorization } : {} });
  const basic = (password: string) => `Basic ${Buffer.from(`prometheus:${password}`).toString('base64')}`;
  for (const wrong of [undefined, 'Bearer wrong', basic('wrong'), `Digest ${token}`]) {
    const refused = await ask(wrong);
    expect([refused.status, await refused.text()]).toEqual([401, 'This needs the operator token.']);
  }
  for (const right of [`Bearer ${token}`, basic(token)]) {
    expect(await (await ask(right)).text()).toContain('vidgenie_database_up 1\n');
  }
  for (const path of ['/healthz', '/readyz']) expect((await fetch(`${url}${path}`)).status).toBe(200);
});

test('without an operator token there is no board', async () => {
  const { url } = await openServed();
  expect((await fetch(`${url}/queues`, { headers: { authorization: 'Bearer ' } })).status).toBe(404);
});

const exported = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().default(''),
              attributes: z.array(
                z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** The spans of one name, by their jobs. */
function spansOf(bodies: readonly string[], name: RegExp) {
  const all = bodies
    .map((body) => exported.parse(JSON.parse(body.slice(body.indexOf(' ')))))
    .flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans);
  const jobOf = ({ attributes }: (typeof all)[number]) =>
    attributes.find(({ key }) => key === 'bullmq.job.id')?.value.stringValue ?? '';
  return new Map(all.filter((span) => name.test(span.name)).map((span) => [jobOf(span), span]));
}

test('turns are traced where somebody receives traces, and a trace carries ids and nothing else', async () => {
  const traces = await receiver();
  const { program } = await openServed({ telemetryUrl: traces.url });
  const id = await submitted(program, { prompt: 'a secret fox' });
  await delivered(program, id);
  await program.stop();
  await traces.told(`run_${id}_1`);
  const all = traces.bodies.join('\n');
  expect(all).toContain('/v1/traces');
  const [added, taken] = [spansOf(traces.bodies, /^add /), spansOf(traces.bodies, /^process /)];
  expect(added.size).toBeGreaterThan(1);
  expect([...taken.keys()].sort()).toEqual([...added.keys()].sort());
  for (const [job, { traceId, spanId }] of added)
    expect(taken.get(job)).toMatchObject({ traceId, parentSpanId: spanId });
  // Each job ends before the worker adds the next one, so each has a trace of its own.
  expect(new Set([...added.values()].map(({ traceId }) => traceId)).size).toBe(added.size);
  for (const word of ['secret fox', 'Ada', 'terminal:test', 'postgres://', process.env.TEST_KEYRING ?? 'no keyring'])
    expect(all).not.toContain(word);
});

test('a worker serves its probes too, and a port that is taken is one line that says what to do', async () => {
  const database = await createTestDatabase();
  const { home } = await createInstallation(database);
  const taken = createHttpServer();
  const port = await taken.listen(0);
  onTestFinished(taken.close);
  const config = testConfig(database.url, home);
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    VIDGENIE_ROLE: 'worker',
    VIDGENIE_HOME: config.home,
    DATABASE_URL: database.url,
    VIDGENIE_KEYRING: process.env.TEST_KEYRING,
  };
  const refused = vidgenie(['start'], { ...environment, PORT: String(port) });
  expect(await refused.exit).toBe(1);
  expect(refused.stderr()).toContain(`Port ${port} is taken: each process on a machine needs a PORT of its own`);

  const worker = vidgenie(['start'], { ...environment, PORT: '0' });
  const said = z.object({ port: z.int() }).parse(JSON.parse(await worker.said(/listening for/)));
  expect((await fetch(`http://127.0.0.1:${said.port}/readyz`)).status).toBe(200);
  worker.child.kill('SIGTERM');
  expect(await worker.exit).toBe(0);
});
