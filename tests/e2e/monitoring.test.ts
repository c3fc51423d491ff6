import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createHttpServer } from '../../src/bots/http.ts';
import { startBots } from '../../src/bots.ts';
import { failureKinds, platforms, workflows } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createTestDatabase } from '../support/database.ts';
import { createInstallation } from '../support/program.ts';

const rulesFile = 'ops/prometheus/alerts.yml';
const text = z.string().min(1);
const { groups } = z
  .strictObject({
    groups: z.array(
      z.strictObject({
        name: text,
        rules: z.array(
          z.strictObject({
            alert: z.string().regex(/^VidGenie[A-Z]\w+$/),
            expr: text,
            for: z
              .string()
              .regex(/^\d+[smhd]$/)
              .optional(),
            labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
            annotations: z.strictObject({ summary: text, description: text }),
          }),
        ),
      }),
    ),
  })
  .parse(parse(readFileSync(rulesFile, 'utf8')));
const alerts = groups.flatMap(({ rules }) => rules);

const gridPos = z.object({ h: z.int(), w: z.int(), x: z.int(), y: z.int() });
const panel = z.object({
  id: z.int(),
  type: z.enum(['stat', 'timeseries']),
  title: text,
  description: text,
  gridPos,
  fieldConfig: z.object({ defaults: z.object({ unit: z.enum(['s', 'short', 'opm', 'bytes']) }) }),
  targets: z.array(z.object({ refId: text, expr: text, legendFormat: text })).min(1),
});
const dashboard = z
  .object({
    uid: z.literal('vidgenie'),
    templating: z.object({ list: z.array(z.object({ name: z.string() })) }),
    panels: z.array(z.union([panel, z.object({ id: z.int(), type: z.literal('row'), title: text, gridPos })])),
  })
  .parse(JSON.parse(readFileSync('ops/grafana/vidgenie.json', 'utf8')));
const panels = dashboard.panels.flatMap((one) => (one.type === 'row' ? [] : [one]));

/** Each series that a program tells: its name, and every value that each of its labels has. */
const exposed = new Map<string, Map<string, Set<string>>>();

/** Labels that Prometheus itself adds to what it scrapes. */
const targetLabels = ['job', 'instance'];

/** Starts a program, lets everything happen that it counts, and reads what it then tells. */
async function scrape(): Promise<void> {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const metrics = createMetrics();
  // Each thing that is counted happens once with each of its known values.
  const { meter } = metrics;
  for (const workflow of workflows) {
    for (const state of ['succeeded', 'failed', 'canceled'] as const)
      meter.runSettled({ workflow, state, captured: 1, released: 1 });
  }
  for (const kind of failureKinds) meter.providerFailed('google', kind);
  for (const platform of platforms) {
    meter.acknowledged(platform, 0.1);
    meter.edited(platform, 'sent');
  }
  meter.stepDone({ provider: 'google', kind: 'video' }, 30);
  meter.stepReplaced({ kind: 'video', from: 'google', to: 'runway' });
  meter.modelsLooked('google', 'read');
  meter.modelChanged('google', 'gone');
  meter.modelsGone(1);
  meter.hooked('google', 'refused');
  const program = await installation.open({ worker: false, metrics });
  const http = createHttpServer();
  onTestFinished(await startBots(program, createLog('silent', false), http));
  const scraped = await (await fetch(`http://127.0.0.1:${http.port()}/metrics`)).text();
  for (const line of scraped.split('\n')) {
    const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (name === undefined) continue;
    const known = exposed.get(name) ?? new Map<string, Set<string>>();
    exposed.set(name, known);
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      known.set(label, (known.get(label) ?? new Set()).add(value));
    }
  }
}

type Query = {
  metrics: string[];
  labels: string[];
  matched: [metric: string, label: string, value: string][];
  errors: number;
};

/** What a PromQL expression names. Grafana fills in its own variables before it asks. */
function read(expression: string): Query {
  const query: Query = { metrics: [], labels: [], matched: [], errors: 0 };
  const source = expression.replaceAll('$__rate_interval', '5m');
  const textOf = ({ from, to }: { from: number; to: number }) => source.slice(from, to);
  parser.parse(source).iterate({
    enter: (node) => {
      if (node.type.isError) query.errors += 1;
      if (node.name === 'VectorSelector') {
        const name = node.node.getChild('Identifier');
        if (name) query.metrics.push(textOf(name));
      }
      if (node.name === 'LabelName') query.labels.push(textOf(node));
      if (node.name === 'UnquotedLabelMatcher') {
        const [label, value] = [node.node.getChild('LabelName'), node.node.getChild('StringLiteral')];
        const isEqual = node.node.getChild('MatchOp')?.getChild('EqlSingle');
        const metric = query.metrics.at(-1) ?? '';
        if (label && value && isEqual) query.matched.push([metric, textOf(label), textOf(value).slice(1, -1)]);
      }
    },
  });
  return query;
}

/** What is wrong with an expression, one line each. */
function problemsOf(expression: string): string[] {
  const { metrics, labels, matched, errors } = read(expression);
  if (errors > 0) return [`${expression} is no PromQL`];
  if (metrics.length === 0) return [`${expression} names no metric`];
  const isKnown = (metric: string) => metric === 'up' || exposed.has(metric);
  const known = metrics.flatMap((metric) => [...(exposed.get(metric)?.keys() ?? [])]);
  const values = (metric: string, label: string) => exposed.get(metric)?.get(label);
  return [
    ...metrics.filter((metric) => !isKnown(metric)).map((metric) => `${metric} does not exist`),
    ...labels
      .filter((label) => !targetLabels.includes(label) && !known.includes(label))
      .map((label) => `${metrics.join(', ')} has no label ${label}`),
    ...matched
      .filter(([metric, label, value]) => !targetLabels.includes(label) && !values(metric, label)?.has(value))
      .map(([metric, label, value]) => `${label} of ${metric} is never ${value}`),
  ];
}

test('dashboard and alerts ask for metrics, labels and values that a running program tells, and the dashboard shows every metric', async () => {
  await scrape();
  // The check itself finds what is wrong.
  expect(problemsOf('max(vidgenie_gone_with_the_wind) > 0')).toEqual(['vidgenie_gone_with_the_wind does not exist']);
  expect(problemsOf('sum by (workspace) (rate(vidgenie_edits_total[5m]))')).toEqual([
    'vidgenie_edits_total has no label workspace',
  ]);
  expect(problemsOf('rate(vidgenie_runs_settled_total{outcome="lost"}[5m])')).toEqual([
    'outcome of vidgenie_runs_settled_total is never lost',
  ]);
  expect(problemsOf('sum(vidgenie_edits_total')).toEqual(['sum(vidgenie_edits_total is no PromQL']);

  expect(alerts.flatMap(({ alert, expr }) => problemsOf(expr).map((problem) => `${alert}: ${problem}`))).toEqual([]);
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);

  const problems = panels.flatMap(({ title, targets }) =>
    targets.flatMap(({ expr, legendFormat }) => {
      const kept = read(expr).labels;
      const legend = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      const lost = legend.filter((label) => !kept.includes(label)).map((label) => `the legend names ${label}`);
      const chosen = expr.includes('job=~"$job"') ? [] : ['it ignores the chosen job'];
      return [...problemsOf(expr), ...lost, ...chosen].map((problem) => `${title}: ${problem}`);
    }),
  );
  expect(problems).toEqual([]);

  const shown = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => read(expr).metrics)));
  const series = (name: string) => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`];
  const all = [...exposed.keys()].map((name) => name.replace(/_(bucket|count|sum)$/, ''));
  expect([...new Set(all)].filter((name) => !series(name).some((one) => shown.has(one)))).toEqual([]);
});

test('the panels of the dashboard lie side by side', () => {
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { title, gridPos: one } of dashboard.panels) {
    expect(one.x + one.w).toBeLessThanOrEqual(24);
    const over = dashboard.panels.filter(
      ({ title: other, gridPos: two }) =>
        other !== title &&
        one.x < two.x + two.w &&
        two.x < one.x + one.w &&
        one.y < two.y + two.h &&
        two.y < one.y + one.h,
    );
    expect(over.map((other) => `${title} over ${other.title}`)).toEqual([]);
  }
});

/** Prometheus' own tool, and where `.ci/promtool` puts it. */
function promtool(context: TestContext, ...words: string[]) {
  const brought = 'node_modules/.cache/promtool/promtool';
  const ran = spawnSync(existsSync(brought) ? brought : 'promtool', words, { encoding: 'utf8' });
  if (ran.error) return context.skip('there is no promtool on this machine: .ci/promtool brings it');
  const { status, stdout, stderr } = ran;
  return { status, stdout, stderr };
}

test('Prometheus itself accepts the rules', (context) => {
  const checked = promtool(context, 'check', 'rules', rulesFile);
  expect(checked).toMatchObject({ status: 0, stdout: expect.stringContaining(`${alerts.length} rules found`) });
});

test('the alerts are silent while an installation is new and idle, and come when nobody works or its first runs fail', (context) => {
  expect(promtool(context, 'test', 'rules', 'ops/prometheus/alerts.test.yml')).toMatchObject({ status: 0, stderr: '' });
});
