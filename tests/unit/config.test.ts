import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Config, ConfigError, readConfig, secretsOf } from '../../src/config.ts';
import { parseKeyring } from '../../src/db/keyring.ts';
import { knownVariables, secretVariables } from '../../src/variables.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const names = knownVariables().filter((name) => !name.endsWith('_FILE'));

test('nothing set means the embedded defaults', () => {
  expect(readConfig({})).toMatchObject({
    role: 'all',
    home: resolve('.vidgenie'),
    databaseUrl: null,
    redis: null,
    freeCredits: 100,
    port: 3_000,
    discord: null,
    slack: null,
    s3: null,
    retention: { mediaDays: null, inputHours: 24 },
    demo: { stepMs: 1_500, faults: {} },
  });
});

test('an empty variable means not set', () => {
  expect(readConfig({ DATABASE_URL: '', FREE_CREDITS: '' })).toEqual(readConfig({}));
});

test.for([
  ['VIDGENIE_ROLE', 'boss', 'VIDGENIE_ROLE is not one of all, bot, worker; for example VIDGENIE_ROLE=all'],
  ['DATABASE_URL', 'mysql://x', 'DATABASE_URL is not a PostgreSQL address; for example DATABASE_URL=postgres://'],
  ['PUBLIC_URL', 'foo', 'PUBLIC_URL is not an http(s) address; for example PUBLIC_URL=https://vidgenie.example'],
  ['REDIS_URL', 'http://x:6379', 'REDIS_URL is not the address of a Redis or Valkey; for example REDIS_URL=redis://'],
  ['DATABASE_URL', 'postgres://u:50%off@h/db', 'DATABASE_URL has a % that begins no code (write %25'],
  [
    'REDIS_URL',
    'redis://:50%off@h',
    'REDIS_URL is not the address of a Redis or Valkey; for example REDIS_URL=redis://',
  ],
  ['REDIS_URL', 'redis://a:6379,http://b', 'REDIS_URL is not the address'],
  ['REDIS_URL', 'redis://a:6379/1?cluster=true', 'REDIS_URL is not the address'],
  ['FREE_CREDITS', '-1', 'FREE_CREDITS is not a whole number; for example FREE_CREDITS=100'],
  ['FREE_CREDITS', '9999999', 'FREE_CREDITS is more than 1000000; for example FREE_CREDITS=100'],
  ['DEMO_FAULTS', 'image=explode', 'DEMO_FAULTS '],
  ['LOG_LEVEL', 'loud', 'LOG_LEVEL is not one of fatal'],
] as const)('%s=%s is refused in one line', ([name, value, line]) => {
  expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
  expect(() => readConfig({ [name]: value })).toThrow(line);
  try {
    readConfig({ [name]: value });
  } catch (error) {
    expect(String(error).split('\n')).toHaveLength(1);
  }
});

test.for([
  [{ SLACK_BOT_TOKEN: 'xoxb-1' }, /SLACK_APP_TOKEN .* or SLACK_SIGNING_SECRET/],
  [{ SLACK_APP_TOKEN: 'xapp-1' }, /SLACK_APP_TOKEN needs SLACK_BOT_TOKEN/],
  [{ SLACK_SIGNING_SECRET: 's' }, /SLACK_BOT_TOKEN, or SLACK_CLIENT_ID/],
  [{ SLACK_SIGNING_SECRET: 's', SLACK_CLIENT_ID: '1' }, /SLACK_CLIENT_SECRET and SLACK_STATE_SECRET/],
  [{ SLACK_BOT_TOKEN: 'token', SLACK_APP_TOKEN: 'xapp-1' }, /SLACK_BOT_TOKEN does not begin with xoxb-/],
] as const)('Slack half set up is refused: %o', ([environment, line]) => {
  expect(() => readConfig(environment)).toThrow(line);
});

test.for([
  ['redis://redis.example', { nodes: [{ host: 'redis.example', port: 6379 }], isCluster: false, isEncrypted: false }],
  ['rediss://ada:p%40ss@[::1]:6380/2', { nodes: [{ host: '::1', port: 6380 }], isEncrypted: true, number: 2 }],
  ['redis://a:1?cluster=true', { nodes: [{ host: 'a', port: 1 }], isCluster: true }],
  [
    'rediss://:s@a:1, b:2,redis://c',
    {
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
        { host: 'c', port: 6379 },
      ],
      isCluster: true,
      isEncrypted: true,
    },
  ],
] as const)('REDIS_URL=%s is understood', ([REDIS_URL, address]) => {
  expect(readConfig({ REDIS_URL }).redis).toMatchObject(address);
});

test("the queue's password is among the secrets", () => {
  const config = readConfig({ REDIS_URL: 'redis://ada:p%40ss@redis.example' });
  expect(config.redis?.username).toBe('ada');
  expect(secretsOf(config).map((secret) => secret.reveal())).toContain('p@ss');
});

test.for([
  [{ S3_ENDPOINT: 'http://s3:7070' }, /S3_ENDPOINT needs S3_BUCKET as well/],
  [{ S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'a' }, /S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are set together/],
  [{ S3_BUCKET: 'b', S3_ENDPOINT: 's3:7070' }, /S3_ENDPOINT is not an http\(s\) address/],
  [{ S3_BUCKET: 'b', S3_LINK_HOURS: '169' }, /S3_LINK_HOURS is more than 168/],
] as const)('S3 half set up is refused: %o', ([environment, line]) => {
  expect(() => readConfig(environment)).toThrow(line);
});

test.for([
  [{}, 'auto'],
  [
    { DISCORD_SHARDS: '0,1', DISCORD_SHARD_COUNT: '4' },
    { ids: [0, 1], count: 4 },
  ],
  [
    { DISCORD_SHARDS: '4-6,9', DISCORD_SHARD_COUNT: '16' },
    { ids: [4, 5, 6, 9], count: 16 },
  ],
  [{ DISCORD_SHARDS: 'none', DISCORD_PUBLIC_KEY: '0'.repeat(64) }, 'none'],
] as const)('the share of the gateway %o', ([environment, shards]) => {
  expect(readConfig({ DISCORD_TOKEN: 't', ...environment }).discord?.shards).toEqual(shards);
});

test.for([
  [{ DISCORD_SHARDS: '0,1' }, /DISCORD_SHARDS needs DISCORD_SHARD_COUNT/],
  [{ DISCORD_SHARDS: '4', DISCORD_SHARD_COUNT: '4' }, /names shard 4, and of 4 the last is 3/],
  [{ DISCORD_SHARDS: 'none' }, /DISCORD_SHARDS=none needs DISCORD_PUBLIC_KEY/],
  [{ DISCORD_SHARDS: 'some' }, /DISCORD_SHARDS is neither auto, none nor a list/],
] as const)('a share that cannot be is refused: %o', ([environment, line]) => {
  expect(() => readConfig({ DISCORD_TOKEN: 't', ...environment })).toThrow(line);
});

test("S3's secret is among those that are kept out of every log, and prints as nothing", () => {
  const config = readConfig({ S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'a', S3_SECRET_ACCESS_KEY: 'the-secret-of-s3' });
  expect(secretsOf(config).map((one) => one.reveal())).toEqual(['the-secret-of-s3']);
  expect(JSON.stringify(config)).not.toContain('the-secret-of-s3');
});

test('whatever is set to whatever, it is read, or refused in lines that name a variable', () => {
  const value = fc.oneof(
    fc.constantFrom('foo', 'http://', 'https://[', '//', ':', '%', 'redis://%', 'postgres://%zz@', '\0', ' ', 'k1:'),
    fc.string(),
    fc.webUrl({ withQueryParameters: true }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...names), value, (name, text) => {
      try {
        readConfig({ [name]: text });
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        // The message may also name the variable that this one depends on.
        const lines = String(error)
          .replace(/^ConfigError: /, '')
          .split('\n');
        for (const line of lines) expect(names.some((one) => line.includes(one))).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('a keyring that is missing is told with the command that makes one, and the line holds no key', () => {
  const line = messageOf({ DATABASE_URL: 'postgres://db.example/vidgenie' });
  expect(line).toContain('VIDGENIE_KEYRING is missing');
  expect(line).not.toMatch(/[A-Za-z0-9+/]{40,}/);
  const command = /with: (echo .*) >> \.env/.exec(line)?.[1] ?? '';
  const made = spawnSync('sh', ['-c', command], { encoding: 'utf8' }).stdout.trim();
  expect(parseKeyring(made.replace(/^VIDGENIE_KEYRING=/, '')).active).toBe('k1');
});

test('every secret may come from a file, and none of them stays in the environment', async () => {
  const secrets = names.filter((name) =>
    /SECRET|PASSWORD|PASSPHRASE|_TOKEN$|_API_KEY$|KEYRING|^(DATABASE|DATABASE_DIRECT|REDIS)_URL$/.test(name),
  );
  expect(secrets.toSorted()).toEqual([...secretVariables].toSorted());

  const directory = await temporaryDirectory();
  const values = new Map([
    ['DATABASE_URL', 'postgres://vidgenie@db.example/vidgenie'],
    ['DATABASE_DIRECT_URL', 'postgres://vidgenie@direct.example/vidgenie'],
    ['POSTGRES_PASSWORD', 'canary p@ss'],
    ['REDIS_URL', 'redis://:canary@redis.example'],
    ['VIDGENIE_KEYRING', `k1:${Buffer.alloc(32, 7).toString('base64')}`],
    ['SLACK_BOT_TOKEN', 'xoxb-canary'],
    ['SLACK_APP_TOKEN', 'xapp-canary'],
  ]);
  const set = secrets.map((name) => [name, values.get(name) ?? `canary-of-${name}`] as const);
  const files = await Promise.all(
    set.map(async ([name, value]) => {
      const path = join(directory, name.toLowerCase());
      await writeFile(path, `${value}\n`);
      return [`${name}_FILE`, path] as const;
    }),
  );
  const others = { S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'a', SLACK_CLIENT_ID: '1' };
  const fromFiles = readConfig({ ...others, ...Object.fromEntries(files) });
  const fromVariables = readConfig({ ...others, ...Object.fromEntries(set) });
  const shown = (config: Config) => secretsOf(config).map((one) => one.reveal());
  expect(shown(fromFiles)).toEqual(shown(fromVariables));
  expect(fromFiles.databaseUrl).toBe('postgres://vidgenie:canary%20p%40ss@db.example/vidgenie');
  expect(fromFiles.databaseDirectUrl).toBe('postgres://vidgenie:canary%20p%40ss@direct.example/vidgenie');
  expect(shown(fromFiles)).toContain('canary p@ss');

  const script = `const { configure } = await import('./src/cli/open.ts'); configure(); process.stdout.write(JSON.stringify(process.env));`;
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, ...others, ...Object.fromEntries(set) };
  const left = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env });
  expect({ stderr: left.stderr, left: left.stdout.includes('S3_BUCKET') }).toEqual({ stderr: '', left: true });
  for (const name of secrets) expect(left.stdout).not.toContain(`"${name}"`);
});

test.for([
  ['that is not there', { DISCORD_TOKEN_FILE: '/nowhere/token' }, /^DISCORD_TOKEN_FILE .*\/nowhere\/token: ENOENT/],
  ['of several lines', { DISCORD_TOKEN_FILE: 'two' }, /^DISCORD_TOKEN_FILE .*several lines/],
  [
    'beside the variable',
    { DISCORD_TOKEN_FILE: 'one', DISCORD_TOKEN: 'b' },
    /^DISCORD_TOKEN and DISCORD_TOKEN_FILE are both set/,
  ],
] as const)('a secret in a file %s is refused in one line, without its content', ([, environment, line]) => {
  const files = new Map([
    ['one', 'canary\n'],
    ['two', 'canary\ncanary\n'],
  ]);
  const message = messageOf(environment, (path) => files.get(path) ?? readFileSync(path, 'utf8'));
  expect(message).toMatch(line);
  expect(message).not.toContain('canary');
  expect(message.split('\n')).toHaveLength(1);
});

test('an empty file of a secret means not set', () => {
  expect(readConfig({ DISCORD_TOKEN_FILE: 'none' }, () => '\n').discord).toBeNull();
  expect(readConfig({ DISCORD_TOKEN_FILE: 'none', DISCORD_TOKEN: 't' }, () => '').discord?.token).toBe('t');
});

function messageOf(environment: NodeJS.ProcessEnv, read?: (path: string) => string): string {
  try {
    readConfig(environment, read);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

test('two wrong variables are two lines', () => {
  expect(() => readConfig({ FREE_CREDITS: 'x', DEMO_STEP_MS: 'y' })).toThrow(/FREE_CREDITS.*\nDEMO_STEP_MS/);
});

test('.env.example names every variable that the program reads', () => {
  const example = readFileSync('.env.example', 'utf8');
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) expect(example).toMatch(new RegExp(`^#?\\s?${name}=`, 'm'));
});

test('.env.example begins with what production needs, groups the rest by platform, and shows the defaults', () => {
  const example = readFileSync('.env.example', 'utf8');
  const shown = [...example.matchAll(/^#([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, name = '', value = '']) => ({
    name,
    value,
  }));
  const production = ['DATABASE_URL', 'VIDGENIE_KEYRING', 'S3_BUCKET', 'REDIS_URL', 'PUBLIC_URL', 'OPERATOR_TOKEN'];
  expect(shown.slice(0, 6).map(({ name }) => name)).toEqual(production);
  const order = shown.map(({ name }) => name.split('_')[0]);
  for (const platform of ['DISCORD', 'SLACK']) {
    const places = order.flatMap((one, at) => (one === platform ? [at] : []));
    expect((places.at(-1) ?? 0) - (places[0] ?? 0), platform).toBe(places.length - 1);
  }
  // A shown number, word or address of a service is the default, so setting all of them changes nothing.
  const defaults = [
    'FREE_CREDITS',
    'BYOK_PRICE_PERCENT',
    'S3_LINK_HOURS',
    'S3_REGION',
    'MEDIA_RETENTION_DAYS',
    'INPUT_RETENTION_HOURS',
  ];
  const limits = names.filter((name) => /^(MEMBER|WORKSPACE)_|_API_URL$|^DEMO_STEP_MS$|^MODERATION/.test(name));
  const set = shown.filter(({ name }) => [...defaults, ...limits].includes(name));
  expect(set.length).toBe(defaults.length + limits.length);
  const told = readConfig(Object.fromEntries(set.map(({ name, value }) => [name, value])));
  expect(told).toEqual(readConfig({}));
});
