import { readFileSync } from 'node:fs';
import { parse as parseToml } from 'smol-toml';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { knownVariables, secretVariables } from '../../src/variables.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]*$/);
const key = z.string();

// The fields that Render documents for a blueprint, as far as ours needs them. A misspelt one would be ignored there.
const variable = z.union([
  z.strictObject({ key, value: z.union([z.string(), z.number()]) }),
  z.strictObject({ key, generateValue: z.literal(true) }),
  z.strictObject({ key, sync: z.literal(false) }),
  z.strictObject({ key, fromDatabase: z.strictObject({ name, property: z.literal('connectionString') }) }),
  z.strictObject({ key, fromService: z.strictObject({ type: z.literal('web'), name, envVarKey: key }) }),
  z.strictObject({ fromGroup: name }),
]);
const process = {
  name,
  runtime: z.literal('docker'),
  plan: z.string(),
  maxShutdownDelaySeconds: z.int().min(15).max(300),
  numInstances: z.int().min(1),
  envVars: z.array(variable),
};
const blueprint = z
  .strictObject({
    databases: z.tuple([
      z.strictObject({
        name,
        plan: z.string(),
        postgresMajorVersion: z.string().regex(/^1[5-8]$/),
        databaseName: z.string(),
        user: z.string(),
        ipAllowList: z.tuple([]),
      }),
    ]),
    envVarGroups: z.tuple([z.strictObject({ name, envVars: z.array(variable) })]),
    services: z.tuple([
      z.strictObject({
        ...process,
        type: z.literal('web'),
        healthCheckPath: z.literal('/healthz'),
        preDeployCommand: z.literal('node src/cli.ts migrate'),
      }),
      z.strictObject({ ...process, type: z.literal('worker') }),
    ]),
  })
  .parse(parseYaml(readFileSync('render.yaml', 'utf8')));

/** What an operator answers, or the host makes. */
const answers: Record<string, string> = {
  DATABASE_URL: 'postgres://vidgenie:secret@db:5432/vidgenie',
  VIDGENIE_KEYRING: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  PUBLIC_URL: 'https://vidgenie.onrender.com',
  OPERATOR_TOKEN: Buffer.alloc(32, 7).toString('base64'),
  S3_BUCKET: 'films',
  // Left empty: Amazon's, and whatever else is not wanted.
  S3_ENDPOINT: '',
  S3_REGION: '',
  S3_ACCESS_KEY_ID: 'key',
  S3_SECRET_ACCESS_KEY: 'a-secret',
  DISCORD_TOKEN: '',
  OPENAI_API_KEY: '',
  GOOGLE_API_KEY: '',
};

test('Render’s processes get a whole configuration of variables that exist, and the worker gets all that the bot gets', () => {
  const [group] = blueprint.envVarGroups;
  const [database] = blueprint.databases;
  const [bot, worker] = blueprint.services;
  const named = (variables: typeof bot.envVars) => variables.flatMap((one) => ('key' in one ? [one] : group.envVars));
  const own = new Set(['PORT', 'VIDGENIE_ROLE']);
  const keys = ({ envVars }: typeof bot | typeof worker) =>
    named(envVars).flatMap((one) => ('key' in one && !own.has(one.key) ? [one.key] : []));
  expect(keys(worker).toSorted()).toEqual(keys(bot).toSorted());
  for (const service of blueprint.services) {
    const environment: Record<string, string> = {};
    for (const one of named(service.envVars)) {
      if (!('key' in one)) throw new Error('a group is in a group');
      expect(knownVariables()).toContain(one.key);
      if ('value' in one) expect(secretVariables).not.toContain(one.key);
      if ('fromDatabase' in one) expect(one.fromDatabase.name).toBe(database.name);
      if ('fromService' in one) expect([one.fromService.name, one.fromService.envVarKey]).toEqual([bot.name, one.key]);
      environment[one.key] = 'value' in one ? String(one.value) : (answers[one.key] ?? 'nobody answers this');
    }
    const config = readConfig(environment);
    expect(config).toMatchObject({ role: service.type === 'web' ? 'bot' : 'worker', s3: { bucket: 'films' } });
    expect([config.databaseUrl, config.keyring, config.operatorToken, config.publicUrl]).not.toContain(null);
  }
});

const fly = z
  .strictObject({
    app: name,
    primary_region: z.string().length(3),
    kill_signal: z.literal('SIGTERM'),
    kill_timeout: z.int().min(15).max(300),
    build: z.strictObject({ dockerfile: z.literal('Dockerfile') }),
    deploy: z.strictObject({
      release_command: z.literal('migrate'),
      release_command_timeout: z.literal('1h'),
      strategy: z.literal('rolling'),
    }),
    env: z.record(z.string(), z.string()),
    http_service: z.strictObject({
      internal_port: z.int(),
      force_https: z.literal(true),
      auto_stop_machines: z.literal('off'),
      auto_start_machines: z.literal(false),
      min_machines_running: z.literal(1),
      checks: z.tuple([
        z.strictObject({
          method: z.literal('GET'),
          path: z.literal('/readyz'),
          interval: z.string(),
          timeout: z.string(),
          grace_period: z.string(),
        }),
      ]),
    }),
    vm: z.tuple([z.strictObject({ size: z.string(), memory: z.string() })]),
  })
  .parse(parseToml(readFileSync('fly.toml', 'utf8')));

test('Fly.io gets variables that exist and are no secrets, and sends requests to the port that VidGenie listens on', () => {
  for (const variableName of Object.keys(fly.env)) {
    expect(knownVariables()).toContain(variableName);
    expect(secretVariables).not.toContain(variableName);
  }
  const { DATABASE_URL, VIDGENIE_KEYRING, S3_BUCKET } = answers;
  const config = readConfig({ ...fly.env, DATABASE_URL, VIDGENIE_KEYRING, S3_BUCKET });
  expect(config).toMatchObject({ port: fly.http_service.internal_port, publicUrl: `https://${fly.app}.fly.dev` });
  expect(config.s3).toMatchObject({ bucket: 'films', endpoint: fly.env.S3_ENDPOINT });
});

test('what the documents tell to do for Fly.io makes a whole configuration, beside its PgBouncer and on one machine', () => {
  const [, shown = ''] = /^```sh\n(fly apps create.*?)^```$/ms.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];
  const commands = shown.replaceAll(/\\\n\s*/g, '').split('\n');
  const set = commands.find((line) => line.startsWith('fly secrets set ')) ?? '';
  // `fly mpg attach` sets the address of the pooler.
  const pooled = 'postgresql://fly-user:secret@pgbouncer.abc.flympg.net/fly-db';
  const given = { ...answers, DATABASE_DIRECT_URL: pooled.replace('pgbouncer', 'direct') };
  const secrets = Object.entries(given).filter(([variable]) => set.includes(` ${variable}=`));
  const config = readConfig({ ...fly.env, ...Object.fromEntries(secrets), DATABASE_URL: pooled });
  expect(config).toMatchObject({ s3: { bucket: 'films' }, databaseDirectUrl: given.DATABASE_DIRECT_URL });
  expect([config.keyring, config.operatorToken]).not.toContain(null);
  expect(commands.filter((line) => line.startsWith('fly deploy'))).toEqual(['fly deploy --ha=false']);
});
