import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { runs } from '../../src/db/schema.ts';
import { Secret } from '../../src/db/secret.ts';
import { createLog } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { openTelemetry } from '../../src/observability/telemetry.ts';
import { vidgenie } from '../support/command-line.ts';
import { createTestDatabase } from '../support/database.ts';
import { createInstallation } from '../support/program.ts';

// The JSON of OTLP, as opentelemetry-proto describes it. Whole numbers of 64 bits may be strings.
const big = z.union([z.string().regex(/^\d+$/), z.int()]).transform(String);
const anyValue: z.ZodType = z.lazy(() =>
  z.union([
    z.strictObject({ stringValue: z.string() }),
    z.strictObject({ boolValue: z.boolean() }),
    z.strictObject({ intValue: big }),
    z.strictObject({ doubleValue: z.number() }),
    z.strictObject({ arrayValue: z.strictObject({ values: z.array(anyValue) }) }),
    z.strictObject({ kvlistValue: z.strictObject({ values: attributes }) }),
    z.strictObject({}),
  ]),
);
const attributes = z.array(z.strictObject({ key: z.string().min(1), value: anyValue }));
const attributed = { attributes, droppedAttributesCount: z.int().optional() };
const resource = z.strictObject(attributed);
const scope = z.strictObject({ name: z.string(), version: z.string().optional() });
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

const logRecord = z.strictObject({
  timeUnixNano: big,
  observedTimeUnixNano: big,
  severityNumber: z.int().min(1).max(24),
  severityText: z.string(),
  body: z.strictObject({ stringValue: z.string() }),
  ...attributed,
  traceId: hex(32).optional(),
  spanId: hex(16).optional(),
  flags: z.int().optional(),
});
const logsRequest = z.strictObject({
  resourceLogs: z.array(
    z.strictObject({ resource, scopeLogs: z.array(z.strictObject({ scope, logRecords: z.array(logRecord) })) }),
  ),
});

const point = { attributes, startTimeUnixNano: big, timeUnixNano: big };
const numberPoint = z.strictObject({ ...point, asDouble: z.number() });
const histogramPoint = z
  .strictObject({
    ...point,
    count: big,
    sum: z.number(),
    bucketCounts: z.array(big),
    explicitBounds: z.array(z.number()),
  })
  .refine(({ bucketCounts, explicitBounds }) => bucketCounts.length === explicitBounds.length + 1)
  .refine(({ bucketCounts, count }) => bucketCounts.reduce((sum, one) => sum + Number(one), 0) === Number(count));
const cumulative = z.literal(2);
const described = { name: z.string(), description: z.string(), unit: z.string() };
const metric = z.union([
  z.strictObject({ ...described, gauge: z.strictObject({ dataPoints: z.array(numberPoint) }) }),
  z.strictObject({
    ...described,
    sum: z.strictObject({
      aggregationTemporality: cumulative,
      isMonotonic: z.literal(true),
      dataPoints: z.array(numberPoint),
    }),
  }),
  z.strictObject({
    ...described,
    histogram: z.strictObject({ aggregationTemporality: cumulative, dataPoints: z.array(histogramPoint) }),
  }),
]);
const metricsRequest = z.strictObject({
  resourceMetrics: z.array(
    z.strictObject({ resource, scopeMetrics: z.array(z.strictObject({ scope, metrics: z.array(metric) })) }),
  ),
});

type Received = {
  logs: z.infer<typeof logRecord>[];
  metrics: z.infer<typeof metric>[];
  traceIds: string[];
  resources: string[];
};

/** A stand-in for a collector. It refuses what is not OTLP. `bodies` is everything that came, as it came. */
async function collector(answer: (response: ServerResponse) => void = (response) => response.end('{}')) {
  const bodies: string[] = [];
  const problems: string[] = [];
  const received: Received = { logs: [], metrics: [], traceIds: [], resources: [] };
  const read: Record<string, (body: unknown) => void> = {
    '/v1/logs': (body) => {
      for (const { resource: from, scopeLogs } of logsRequest.parse(body).resourceLogs) {
        received.resources.push(JSON.stringify(from.attributes));
        received.logs.push(...scopeLogs.flatMap(({ logRecords }) => logRecords));
      }
    },
    '/v1/metrics': (body) => {
      for (const { resource: from, scopeMetrics } of metricsRequest.parse(body).resourceMetrics) {
        received.resources.push(JSON.stringify(from.attributes));
        received.metrics.push(...scopeMetrics.flatMap(({ metrics }) => metrics));
      }
    },
    '/v1/traces': (body) => {
      received.traceIds.push(...[...JSON.stringify(body).matchAll(/"traceId":"(\w+)"/g)].map(([, id = '']) => id));
    },
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    bodies.push(body);
    try {
      if (request.headers['content-type'] !== 'application/json') throw new Error('this is no JSON');
      const reader = read[request.url ?? ''];
      if (!reader) throw new Error(`nothing is at ${request.url}`);
      reader(JSON.parse(body));
    } catch (error) {
      problems.push(String(error));
    }
    answer(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = z.custom<AddressInfo>().parse(server.address());
  return { url: `http://127.0.0.1:${port}`, bodies, problems, received };
}

const labelsOf = (given: z.infer<typeof attributes>) =>
  Object.fromEntries(given.map(({ key, value }) => [key, Object.values(z.object({}).loose().parse(value))[0]]));

/** A program that makes one run, which fails at its last step, and then ends by itself. */
async function worked(endpoint: string) {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    VIDGENIE_HOME: installation.home,
    DATABASE_URL: database.url,
    VIDGENIE_KEYRING: process.env.TEST_KEYRING,
    PORT: '0',
    DEMO_STEP_MS: '0',
    DEMO_FAULTS: 'video=refuse',
    OPERATOR_TOKEN: 'canary-operator-token-0123456789',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  };
  const program = vidgenie(['start'], environment, 'complete a secret fox\n');
  expect(await program.exit).toBe(0);
  const [run] = await database.db.select({ id: runs.id, state: runs.state }).from(runs);
  expect(run?.state).toBe('failed');
  return { id: run?.id, program };
}

test('a collector receives log, metrics and traces: a line of a turn names its trace, and counts are those of Prometheus', async () => {
  const { url, bodies, problems, received } = await collector();
  const { id, program } = await worked(url);
  expect(problems).toEqual([]);

  // The same lines in the same order as on stderr.
  const said = program
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => z.looseObject({ msg: z.string() }).parse(JSON.parse(line)).msg);
  expect(received.logs.map(({ body }) => body.stringValue)).toEqual(said);
  const failed = received.logs.find(({ body }) => body.stringValue === 'a turn came to nothing');
  expect(failed).toMatchObject({ severityNumber: 13, severityText: 'WARN' });
  expect(labelsOf(failed?.attributes ?? [])).toMatchObject({ runId: id });
  expect(received.traceIds).toContain(failed?.traceId);

  const find = (name: string) => received.metrics.find((one) => one.name === name);
  const settled = find('vidgenie_runs_settled_total');
  const counts = settled && 'sum' in settled ? settled.sum.dataPoints : [];
  expect(counts.filter(({ asDouble }) => asDouble !== 0)).toHaveLength(1);
  expect(counts.map((one) => [labelsOf(one.attributes), one.asDouble])).toContainEqual([
    { workflow: 'complete', outcome: 'failed' },
    1,
  ]);
  const steps = find('vidgenie_step_seconds');
  const took = steps && 'histogram' in steps ? steps.histogram.dataPoints : [];
  expect(steps).toMatchObject({ unit: 's' });
  expect(took.map((one) => labelsOf(one.attributes).step)).toEqual(['enhance', 'image']);

  // All that a process sends is of one service and one instance.
  expect(new Set(received.resources).size).toBe(1);
  expect(received.resources[0]).toContain('"service.name"');
  const all = bodies.join('\n');
  for (const word of ['secret fox', 'canary-operator', 'postgres://', process.env.TEST_KEYRING ?? 'no keyring'])
    expect(all).not.toContain(word);
});

test('a collector that is away costs nothing but what it would have received', async () => {
  const closed = createServer();
  await once(closed.listen(0, '127.0.0.1'), 'listening');
  const { port } = z.custom<AddressInfo>().parse(closed.address());
  closed.close();
  const { program } = await worked(`http://127.0.0.1:${port}`);
  // Nor does it fill the log.
  expect(program.stderr()).not.toMatch(/otlp|ECONNREFUSED|export/i);
});

test('secrets are removed from a line before it is sent, and a collector that does not answer gets no more than fits in the queue', async () => {
  const waiting: ServerResponse[] = [];
  const { url, bodies, received, problems } = await collector((response) => waiting.push(response));
  const telemetry = openTelemetry(url, createMetrics());
  const log = createLog('info', false, [new Secret('a-canary-of-mine')], telemetry.logs);
  log.info({ error: new Error('401 for a-canary-of-mine'), apiKey: 'x' }, 'sk-proj-CANARY0123456789 is refused');
  log.debug({}, 'below the level');
  const line = JSON.stringify({ level: 30, time: Date.now(), pid: process.pid, msg: 'one of many' });
  for (let count = 0; count < 10_000; count += 1) telemetry.logs.write(line);
  await telemetry.close();
  expect(problems).toEqual([]);
  expect(received.logs.length).toBeGreaterThan(0);
  expect(received.logs.length).toBeLessThanOrEqual(2_048 + 512);
  const [first] = received.logs;
  expect(first?.body.stringValue).toBe('[secret] is refused');
  expect(labelsOf(first?.attributes ?? [])).toMatchObject({
    'exception.type': 'Error',
    'exception.message': '401 for [secret]',
    apiKey: '[secret]',
  });
  expect(bodies.join('\n')).not.toMatch(/CANARY|canary|below the level/);
  for (const response of waiting) response.end('{}');
});
