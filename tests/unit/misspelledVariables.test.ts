import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';

test.for([
  ['DISCORD_TOKN', 'DISCORD_TOKEN'],
  ['DISCORD_BOT_TOKEN', 'DISCORD_TOKEN'],
  ['discord_token', 'DISCORD_TOKEN'],
  ['VIDGENIE_DISCORD_TOKEN', 'DISCORD_TOKEN'],
  ['OPENAI_KEY', 'OPENAI_API_KEY'],
  ['OPENAI_API_KEY_FIEL', 'OPENAI_API_KEY_FILE'],
  ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  ['RUNWAYML_API_SECRET', 'RUNWAY_API_KEY'],
  ['RUNWAYML_BASE_URL', 'RUNWAY_BASE_URL'],
  ['SLACK_TOKEN', 'SLACK_BOT_TOKEN'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['VIDGENIE_PORT', 'PORT'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['S3_BUCKET_NAME', 'S3_BUCKET'],
] as const)('%s is told, for %s was meant', ([name, meant]) => {
  expect(readConfig({ [name]: 'x' }).misspelt).toEqual([{ name, meant }]);
});

test('a variable that only we could read and do not is told, though nothing is like it', () => {
  expect(readConfig({ VIDGENIE_SHINE: '1' }).misspelt).toEqual([{ name: 'VIDGENIE_SHINE', meant: null }]);
});

test('variables of others are nobody’s slip, nor is one whose likeness is set, or one that is empty', () => {
  const others = [
    ...[
      'PATH',
      'HOME',
      'PWD',
      'SHLVL',
      'TERM',
      'USER',
      'SHELL',
      'LANG',
      'HOSTNAME',
      'TMPDIR',
      'EDITOR',
      'PORTS',
      'SORT',
    ],
    ...['NODE_ENV', 'NODE_OPTIONS', 'NODE_VERSION', 'YARN_VERSION', 'npm_config_loglevel', 'npm_lifecycle_event'],
    ...[
      'AWS_REGION',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'GOOGLE_APPLICATION_CREDENTIALS',
      'KUBERNETES_PORT',
    ],
    ...['GOOGLE_CLOUD_QUOTA_PROJECT', 'OPENAI_ORG_ID', 'OPENAI_LOG', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'RUST_LOG'],
    ...['POSTGRES_USER', 'POSTGRES_DB', 'PGPASSWORD', 'REDIS_HOST', 'COMPOSE_PROJECT_NAME', 'SSH_AUTH_SOCK', 'CI'],
  ];
  expect(readConfig(Object.fromEntries(others.map((name) => [name, 'x']))).misspelt).toEqual([]);
  expect(readConfig({ DISCORD_TOKEN: 't', DISCORD_BOT_TOKEN: 'another' }).misspelt).toEqual([]);
  expect(readConfig({ DISCORD_TOKN: '' }).misspelt).toEqual([]);
});
