import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { knownVariables, secretVariables } from '../../src/variables.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const file: unknown = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true });

const service = z.object({
  image: z.string(),
  build: z.string().optional(),
  pull_policy: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  user: z.string(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
});
const { services, volumes, secrets } = z
  .object({
    services: z.record(z.string(), service),
    volumes: z.record(z.string(), z.unknown()),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
  })
  .parse(file);

/** The content of the secret files in this test. All others are as if nobody had set them. */
const contents = new Map([
  ['postgres_password', 'p@ss/word'],
  ['s3_secret_access_key', 'a-secret'],
  ['vidgenie_keyring', `k1:${Buffer.alloc(32, 1).toString('base64')}`],
]);

const ours = ['bot', 'worker', 'prepare'];
const once = ['prepare', 'media-volume'];

test('the compose file is one by the schema of the Compose specification', () => {
  const { $schema: _, ...schema } = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(readFileSync('tests/support/compose/compose-spec.json', 'utf8')));
  // Compose's own formats (ports, durations) are no standard ones.
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  validate(file);
  expect(validate.errors).toBeNull();
  expect(validate({ services: { bot: { imag: 'x' } } })).toBe(false);
});

test('its environment is what VidGenie reads, and makes a whole configuration', () => {
  const known = knownVariables();
  for (const name of ours) {
    const environment = services[name]?.environment ?? {};
    for (const variable of Object.keys(environment)) expect(known).toContain(variable.replace(/_FILE$/, ''));
    // Compose fills them in from .env.
    const filled = Object.entries(environment).map(([variable, value]) => [
      variable,
      String(value).replace(
        /\$\{[A-Z0-9_]+(:-([^}]*)|:\?[^}]*)?\}/g,
        (_, __, defaultValue) => defaultValue ?? 'secret',
      ),
    ]);
    const config = readConfig(Object.fromEntries(filled), (path) => contents.get(basename(path)) ?? '');
    expect(config).toMatchObject({ port: 3_000, home: '/var/lib/vidgenie', s3: { bucket: 'vidgenie' } });
    expect(config.databaseUrl).toBe('postgres://vidgenie:p%40ss%2Fword@postgres:5432/vidgenie');
    expect(config.s3?.credentials?.secretAccessKey.reveal()).toBe('a-secret');
    expect([config.databaseUrl, config.redis, config.s3]).not.toContain(null);
  }
  expect(services.bot?.environment.VIDGENIE_ROLE).toBe('bot');
  expect(services.worker?.environment.VIDGENIE_ROLE).toBe('worker');
});

test('no container gets a secret in its environment: each comes as a file, from one that .env names', () => {
  const inAddress = ['DATABASE_URL', 'DATABASE_DIRECT_URL', 'REDIS_URL'];
  const asFiles = secretVariables.filter((name) => !inAddress.includes(name));
  for (const name of ours) {
    const { environment = {}, secrets: given = [] } = services[name] ?? {};
    expect(given.toSorted()).toEqual(asFiles.map((one) => one.toLowerCase()).toSorted());
    for (const variable of asFiles) {
      expect(environment[variable], variable).toBeUndefined();
      expect(environment[`${variable}_FILE`]).toBe(`/run/secrets/${variable.toLowerCase()}`);
    }
    for (const variable of inAddress) expect(String(environment[variable])).not.toMatch(/:[^/@]*@/);
  }
  for (const [name, { environment, secrets: given }] of Object.entries(services)) {
    for (const [variable, value] of Object.entries(environment)) {
      if (/PASSWORD|SECRET|TOKEN|API_KEY|KEYRING/.test(variable))
        expect(`${name} ${value}`).toContain(' /run/secrets/');
    }
    for (const one of given) expect(secrets[one]?.file).toContain(`\${${one.toUpperCase()}_FILE:`);
  }
  const defaultFiles = Object.values(secrets).flatMap(({ file: path }) => /:-(.*)\}$/.exec(path)?.[1] ?? []);
  expect([...new Set(defaultFiles)]).toEqual(['./secrets/none']);
  expect(readFileSync('secrets/none', 'utf8')).toBe('');
});

test('the S3 server is given its key by the shell that starts it, whatever its image calls the program', async () => {
  const directory = await temporaryDirectory();
  const { entrypoint = [], command = [] } = services.s3 ?? {};
  await writeFile(join(directory, 'versitygw'), '#!/bin/sh\necho "$ROOT_SECRET_KEY" "$@"\n', { mode: 0o755 });
  await writeFile(join(directory, 's3_secret_access_key'), 'a-secret\n');
  const [program = '', ...words] = [...entrypoint, ...command].map((word) =>
    word.replaceAll('$$', '$').replace('/run/secrets', directory),
  );
  const { PATH } = process.env;
  const { stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', env: { PATH: `${directory}:${PATH}` } });
  expect({ stdout, stderr }).toEqual({ stdout: 'a-secret --health /health posix /var/lib/media\n', stderr: '' });
});

test('what .env has to have is in the example', () => {
  const example = readFileSync('.env.example', 'utf8');
  const needed = [...readFileSync('docker-compose.yml', 'utf8').matchAll(/\$\{([A-Z0-9_]+)(:\?)?/g)];
  for (const [, name = '', mustBeSet] of needed) {
    const shown = mustBeSet ? name : name.replace(/_FILE$/, '');
    expect(example).toMatch(new RegExp(`^#?${shown}=`, 'm'));
  }
});

test('nobody is root, nothing but volumes can be written, and whoever stays has a health check', () => {
  for (const [name, { user, healthcheck, image }] of Object.entries(services)) {
    expect(user, name).not.toMatch(/^(root|0)(:|$)/);
    expect(healthcheck !== undefined, name).toBe(!once.includes(name));
    expect(image, name).toMatch(/^vidgenie$|:v?\d+\.\d+/);
  }
});

test('only the bot can be reached, by this machine alone, and nobody waits for what is not there', () => {
  for (const [name, { ports, depends_on: needs, networks, volumes: mounts }] of Object.entries(services)) {
    expect(ports.length > 0, name).toBe(name === 'bot');
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(networks.includes('outside'), name).toBe(ours.includes(name));
    for (const [other, { condition }] of Object.entries(needs)) {
      const expected = once.includes(other) ? 'service_completed_successfully' : 'service_healthy';
      expect(services[other] && condition, `${name} needs ${other}`).toBe(expected);
    }
    for (const mount of mounts) expect(Object.keys(volumes)).toContain(mount.split(':')[0]);
  }
});

test('one service alone builds the image that several run, none of them pulls it, and each of them waits for that one', () => {
  const using = Object.entries(services).filter(([, { image }]) => image === 'vidgenie');
  const builders = Object.entries(services).flatMap(([name, { build }]) => (build === undefined ? [] : [name]));
  expect(using.map(([name]) => name).sort()).toEqual([...ours, 'media-volume'].sort());
  expect(builders).toEqual(['media-volume']);
  const needsOf = (name: string): string[] => Object.keys(services[name]?.depends_on ?? {}).flatMap(withNeeds);
  const withNeeds = (name: string): string[] => [name, ...needsOf(name)];
  for (const [name, { pull_policy: policy }] of using) {
    expect(policy, name).toBe('never');
    expect(withNeeds(name), name).toEqual(expect.arrayContaining(builders));
  }
});

test('the database counts as there when it can be reached over TCP, as those who wait for it will', () => {
  expect(services.postgres?.healthcheck?.test).toEqual(expect.arrayContaining(['pg_isready', '--host=127.0.0.1']));
});

test('the queue evicts nothing and is written to the disk', () => {
  expect(services.valkey?.command?.join(' ')).toBe('valkey-server --appendonly yes --maxmemory-policy noeviction');
});
