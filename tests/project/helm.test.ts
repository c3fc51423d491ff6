import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { secretVariables } from '../../src/variables.ts';
import { chart, named, needHelm, rendered, runHelm } from '../support/helm.ts';
import { problemsOf } from '../support/kubernetes.ts';

const packageJson = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));

const reference = (key: string) => ({ name: 'vidgenie-secrets', key });
const smallest = { env: { S3_BUCKET: 'vidgenie' }, secrets: { DISCORD_TOKEN: reference('discord') } };
const public_ = {
  publicUrl: 'https://vidgenie.example',
  ingress: { enabled: true, tlsSecret: 'vidgenie-tls' },
  secrets: { OPERATOR_TOKEN: reference('operator') },
};
const everything = {
  ...public_,
  image: { repository: 'registry.example/vidgenie', tag: '1.2.3', pullSecrets: ['registry'] },
  env: { S3_BUCKET: 'vidgenie', S3_ENDPOINT: 'https://s3.example', FREE_CREDITS: 1_000_000, MARKUP_PERCENT: 12 },
  secrets: {
    ...public_.secrets,
    REDIS_URL: reference('redis'),
    DISCORD_TOKEN: reference('discord'),
    VIDGENIE_KEYRING: { name: 'keyring', key: 'k1.txt' },
  },
  bot: { replicas: 3, env: { DISCORD_SHARDS: 'none', DISCORD_PUBLIC_KEY: 'ab'.repeat(32) } },
  worker: { scratch: '50Gi', env: { LOG_LEVEL: 'debug' } },
  autoscaling: { enabled: true, kind: 'keda', maxReplicas: 20 },
  podMonitor: { enabled: true, labels: { release: 'prometheus' } },
  prometheusRule: { rules: readFileSync('ops/prometheus/alerts.yml', 'utf8'), labels: { release: 'prometheus' } },
  serviceAccountName: 'films',
  nodeSelector: { disk: 'fast' },
  tolerations: [{ key: 'media', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  podAnnotations: { 'example.com/team': 'films' },
};
/** What docs/operations.md tells to write. */
const [, kubernetes = ''] = readFileSync('docs/operations.md', 'utf8').split(/^## Kubernetes$|^## One click$/m);
const inDocuments: unknown = parse(/^```yaml\n(.*?)^```$/ms.exec(kubernetes)?.[1] ?? '');
const withHpa = { ...smallest, autoscaling: { enabled: true, kind: 'hpa' }, migration: { enabled: false } };

const pods = z.object({
  spec: z.object({
    replicas: z.int().optional(),
    template: z.object({
      spec: z.object({
        terminationGracePeriodSeconds: z.int().optional(),
        automountServiceAccountToken: z.literal(false),
        securityContext: z.object({
          runAsNonRoot: z.literal(true),
          runAsUser: z.literal(1000),
          fsGroup: z.literal(1000),
        }),
        volumes: z.array(
          z.looseObject({
            name: z.string(),
            projected: z
              .object({
                defaultMode: z.literal(0o440),
                sources: z.array(
                  z.object({
                    secret: z.object({
                      name: z.string(),
                      items: z.tuple([z.object({ key: z.string(), path: z.string() })]),
                    }),
                  }),
                ),
              })
              .optional(),
          }),
        ),
        containers: z.tuple([
          z.looseObject({
            args: z.array(z.string()),
            image: z.string(),
            env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
            securityContext: z.object({
              readOnlyRootFilesystem: z.literal(true),
              allowPrivilegeEscalation: z.literal(false),
              capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
            }),
          }),
        ]),
      }),
    }),
  }),
});

test('each set of values becomes manifests by the schemas of Kubernetes, without a field that they do not know', async (context) => {
  const program = needHelm(context);
  for (const values of [smallest, { ...smallest, ...public_ }, everything, withHpa, inDocuments]) {
    const manifests = await rendered(program, values);
    expect(manifests.length).toBeGreaterThanOrEqual(5);
    for (const manifest of manifests) {
      expect([manifest.kind, problemsOf(manifest)]).toEqual([manifest.kind, []]);
      expect(manifest.metadata.namespace).toBe('films');
    }
    const lint = await runHelm(program, ['lint', '--strict', chart], values);
    expect(lint).toMatchObject({ status: 0 });
  }
});

test('the check finds a value of the wrong type and a field that is misspelt', async (context) => {
  const [manifest] = (await rendered(needHelm(context), smallest)).filter(({ kind }) => kind === 'Service');
  if (!manifest) throw new Error('there is no service');
  const wrong = {
    ...manifest,
    spec: { ports: [{ port: 'eighty', targetPort: 'http', protokol: 'TCP' }], selector: {} },
  };
  expect(problemsOf(wrong)).toEqual([expect.stringContaining('port'), 'spec.ports[0].protokol is no field']);
});

test('pods run as nobody special on a disk that they cannot change, with secrets as files that make a whole configuration', async (context) => {
  const manifests = await rendered(needHelm(context), everything);
  const keyring = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
  const contents: Record<string, string> = {
    DATABASE_URL: 'postgres://vidgenie:secret@db:5432/vidgenie',
    VIDGENIE_KEYRING: keyring,
    OPERATOR_TOKEN: 'a-token-of-some-length',
    REDIS_URL: 'redis://valkey:6379',
    DISCORD_TOKEN: 'a-token',
  };
  const of = (kind: string, name: string) => pods.parse(named(manifests, kind, name)).spec;
  const [bot, worker, migrate] = [
    of('Deployment', 'art-vidgenie-bot'),
    of('Deployment', 'art-vidgenie-worker'),
    of('Job', 'art-vidgenie-migrate'),
  ];
  for (const { template } of [bot, worker, migrate]) {
    const { volumes, containers } = template.spec;
    const mounted = volumes.flatMap(({ projected }) => projected?.sources ?? []).map(({ secret }) => secret);
    expect(mounted.map(({ items: [{ path }] }) => path).sort()).toEqual(Object.keys(contents).sort());
    expect(mounted).toContainEqual({ name: 'keyring', items: [{ key: 'k1.txt', path: 'VIDGENIE_KEYRING' }] });
    const [{ env, image }] = containers;
    expect(image).toBe('registry.example/vidgenie:1.2.3');
    for (const { name } of env) expect(secretVariables).not.toContain(name);
    const config = readConfig(Object.fromEntries(env.map(({ name, value }) => [name, value])), (path) => {
      const [, variable = ''] = /^\/run\/secrets\/vidgenie\/(\w+)$/.exec(path) ?? [];
      return contents[variable] ?? '';
    });
    expect(config).toMatchObject({ port: 3_000, publicUrl: 'https://vidgenie.example', freeCredits: 1_000_000 });
    expect(config.misspelt).toEqual([]);
    expect([config.keyring, config.redis, config.s3, config.operatorToken]).not.toContain(null);
  }
  const roleOf = ({ template }: typeof bot) => {
    const [{ env, args }] = template.spec.containers;
    return [args, env.find(({ name }) => name === 'VIDGENIE_ROLE')?.value];
  };
  expect([bot, worker, migrate].map(roleOf)).toEqual([
    [['start'], 'bot'],
    [['start'], 'worker'],
    [['migrate'], 'worker'],
  ]);
  // The autoscaler alone says how many workers there are.
  expect([bot.replicas, worker.replicas]).toEqual([3, undefined]);
  for (const { template } of [bot, worker])
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(15 + 5);
});

test('everything that selects pods selects those that there are', async (context) => {
  const manifests = await rendered(needHelm(context), everything);
  const text = z.record(z.string(), z.string());
  const labelled = z.object({ spec: z.object({ template: z.object({ metadata: z.object({ labels: text }) }) }) });
  const labelsOf = (role: string) =>
    labelled.parse(named(manifests, 'Deployment', `art-vidgenie-${role}`)).spec.template.metadata.labels;
  const selector = z.object({ spec: z.object({ selector: z.object({ matchLabels: text }) }) });
  for (const role of ['bot', 'worker']) {
    const ofPods = selector.parse(named(manifests, 'Deployment', `art-vidgenie-${role}`)).spec.selector.matchLabels;
    expect(
      selector.parse(named(manifests, 'PodDisruptionBudget', `art-vidgenie-${role}`)).spec.selector.matchLabels,
    ).toEqual(ofPods);
    expect(labelsOf(role)).toMatchObject(ofPods);
  }
  const service = z.object({ spec: z.object({ selector: text }) }).parse(named(manifests, 'Service', 'art-vidgenie'));
  expect(labelsOf('bot')).toMatchObject(service.spec.selector);
  expect(labelsOf('worker')).not.toMatchObject(service.spec.selector);
  const scaled = z.object({ spec: z.object({ scaleTargetRef: z.object({ name: z.string() }) }) });
  const scaler = named(manifests, 'ScaledObject', 'art-vidgenie-worker');
  expect(named(manifests, 'Deployment', scaled.parse(scaler).spec.scaleTargetRef.name)).toBeDefined();
  expect(JSON.stringify(scaler)).toContain(
    '"scaleUp":{"policies":[{"type":"Percent","value":100,"periodSeconds":60}]}',
  );
  expect(JSON.stringify(scaler)).toContain('max(vidgenie_queue_oldest_seconds{namespace=\\"films\\"})');
});

test('the ingress lets through what docs/nginx.conf lets through', async (context) => {
  const manifests = await rendered(needHelm(context), everything);
  const nginx = readFileSync('docs/nginx.conf', 'utf8');
  const prefix = 'nginx.ingress.kubernetes.io/proxy-';
  const { metadata } = z
    .object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) })
    .parse(named(manifests, 'Ingress', 'art-vidgenie'));
  expect(nginx).toContain(`client_max_body_size ${metadata.annotations[`${prefix}body-size`]};`);
  expect(nginx).toContain(`proxy_read_timeout ${metadata.annotations[`${prefix}read-timeout`]}s;`);
  expect(metadata.annotations[`${prefix}buffering`]).toBe('off');
});

test.for([
  ['https://Vidgenie.example:8443', [['vidgenie.example']]],
  ['http://vidgenie.example:8080/', []],
])(
  'the ingress for %s has a host that Kubernetes takes, and TLS where the address has it',
  async ([publicUrl, tls], context) => {
    const manifests = await rendered(needHelm(context), { ...smallest, ...public_, publicUrl });
    const ingress = z.object({
      spec: z.object({
        tls: z.array(z.looseObject({ hosts: z.array(z.string()) })).default([]),
        rules: z.tuple([z.looseObject({ host: z.string() })]),
      }),
    });
    const { spec } = ingress.parse(named(manifests, 'Ingress', 'art-vidgenie'));
    expect(spec.rules[0].host).toBe('vidgenie.example');
    expect(spec.tls.map(({ hosts }) => hosts)).toEqual(tls);
  },
);

test('whoever migrates or waits for it gets the time of a migration, and the documents give Helm more than that', async (context) => {
  const manifests = await rendered(needHelm(context), smallest);
  const ignored = z.looseObject({ action: z.literal('Ignore') });
  const job = z.object({
    spec: z.object({
      activeDeadlineSeconds: z.int(),
      // Whoever drains a node must not use up the attempts.
      podFailurePolicy: z.object({ rules: z.tuple([ignored]) }),
    }),
  });
  const { activeDeadlineSeconds: deadline } = job.parse(named(manifests, 'Job', 'art-vidgenie-migrate')).spec;
  const probe = z.object({ periodSeconds: z.int(), failureThreshold: z.int() });
  const starting = z.object({
    spec: z.object({
      progressDeadlineSeconds: z.int(),
      template: z.object({ spec: z.object({ containers: z.tuple([z.looseObject({ startupProbe: probe })]) }) }),
    }),
  });
  for (const role of ['bot', 'worker']) {
    const { spec } = starting.parse(named(manifests, 'Deployment', `art-vidgenie-${role}`));
    const [{ startupProbe }] = spec.template.spec.containers;
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThanOrEqual(deadline);
    expect(spec.progressDeadlineSeconds).toBeGreaterThan(deadline);
  }
  const shown = [...kubernetes.matchAll(/helm (?:install|upgrade) .*?(?= --timeout|`|$)(?: --timeout (\d+)h)?/gm)];
  expect(shown.length).toBeGreaterThanOrEqual(2);
  for (const [command, hours] of shown) expect(Number(hours) * 3_600, command).toBeGreaterThan(deadline);
});

test('the rules for the Prometheus operator are those of the file', async (context) => {
  const manifests = await rendered(needHelm(context), everything);
  const { spec } = z.looseObject({ spec: z.unknown() }).parse(named(manifests, 'PrometheusRule', 'art-vidgenie'));
  expect(spec).toEqual(parse(everything.prometheusRule.rules));
});

test.for<[what: string, values: unknown, reason: RegExp]>([
  ['no bucket', { ...smallest, env: {} }, /S3_BUCKET/],
  ['a bucket without a name', { ...smallest, env: { S3_BUCKET: '' } }, /S3_BUCKET/],
  ['a bot that nobody reaches', { env: smallest.env }, /nobody could reach the bot/],
  ['a secret in plain sight', { env: { S3_BUCKET: 'b', DISCORD_TOKEN: 'x' } }, /DISCORD_TOKEN/],
  ['a secret under an unknown name', { ...smallest, secrets: { DISCORD_TOKKEN: reference('x') } }, /DISCORD_TOKKEN/],
  ['a secret by its value', { ...smallest, secrets: { REDIS_URL: 'redis://x' } }, /REDIS_URL/],
  ['no keyring', { ...smallest, secrets: { VIDGENIE_KEYRING: null } }, /VIDGENIE_KEYRING/],
  ['a role', { env: { S3_BUCKET: 'b', VIDGENIE_ROLE: 'all' } }, /VIDGENIE_ROLE/],
  ['a misspelt value', { ...smallest, replicas: 3 }, /replicas/],
  ['too short a stop', { ...smallest, terminationGracePeriodSeconds: 5 }, /terminationGracePeriodSeconds/],
  ['an ingress without an address', { ...smallest, ingress: { enabled: true } }, /publicUrl/],
  ['an address with a path', { ...smallest, publicUrl: 'https://a.example/b' }, /publicUrl/],
  ['two bots on one gateway', { ...smallest, bot: { replicas: 2 } }, /DISCORD_SHARDS/],
  [
    'more workers at least than at most',
    { ...smallest, autoscaling: { enabled: true, minReplicas: 11 } },
    /minReplicas/,
  ],
  ['metrics for everybody', { ...smallest, ...public_, secrets: {} }, /OPERATOR_TOKEN is needed/],
])('the chart refuses %s', async ([, values, reason], context) => {
  const { status, stderr } = await runHelm(needHelm(context), ['template', 'art', chart], values);
  expect(status).toBe(1);
  expect(stderr).toMatch(reason);
});

test('the chart is of this version, and knows the secrets that the configuration reads', () => {
  const about = z.object({ appVersion: z.string() }).parse(parse(readFileSync(`${chart}/Chart.yaml`, 'utf8')));
  expect(about.appVersion).toBe(packageJson.version);
  const schema = z
    .object({ $defs: z.object({ secretVariable: z.object({ enum: z.array(z.string()) }) }) })
    .parse(JSON.parse(readFileSync(`${chart}/values.schema.json`, 'utf8')));
  expect(schema.$defs.secretVariable.enum).toEqual([...secretVariables]);
});
