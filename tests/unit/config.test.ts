import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.ts';

test('nothing set means the embedded defaults', () => {
  expect(readConfig({})).toMatchObject({
    role: 'all',
    home: resolve('.vidgenie'),
    databaseUrl: null,
    freeCredits: 100,
    port: 3_000,
    discord: null,
    slack: null,
    demo: { stepMs: 1_500, faults: {} },
  });
});

test('an empty variable means not set', () => {
  expect(readConfig({ DATABASE_URL: '', FREE_CREDITS: '' })).toEqual(readConfig({}));
});

test.for([
  ['VIDGENIE_ROLE', 'boss', 'VIDGENIE_ROLE is not one of all, bot, worker; for example VIDGENIE_ROLE=all'],
  ['DATABASE_URL', 'mysql://x', 'DATABASE_URL is not a PostgreSQL address; for example DATABASE_URL=postgres://'],
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

test('two wrong variables are two lines', () => {
  expect(() => readConfig({ FREE_CREDITS: 'x', DEMO_STEP_MS: 'y' })).toThrow(/FREE_CREDITS.*\nDEMO_STEP_MS/);
});

test('.env.example names every variable that the program reads', () => {
  const example = readFileSync('.env.example', 'utf8');
  const source = readFileSync('src/config.ts', 'utf8');
  const read = [...source.matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{ read/gm)].map((match) => match[1] ?? '');
  expect(read.length).toBeGreaterThan(5);
  for (const name of read) expect(example).toMatch(new RegExp(`^#?\\s?${name}=`, 'm'));
});
