import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { createS3Store } from '../../src/pipeline/media/s3.ts';
import { googleCanary, openAiCanary } from '../support/canary.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { createDiscord } from '../support/discord/discord.ts';
import { installFfmpeg } from '../support/films.ts';
import { invalidGoogleKey } from '../support/providers/gemini-image.ts';
import { deserted, json, startStub } from '../support/providers/server.ts';
import { noRedis, startRedis } from '../support/redis.ts';
import { type S3Server, startS3 } from '../support/s3/server.ts';
import { createSlack, ownToken, signingSecret } from '../support/slack/slack.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const report = z.object({
  fine: z.boolean(),
  findings: z.array(z.object({ part: z.string(), isFine: z.boolean(), says: z.string() })),
});

/** Runs the doctor on a home that was never started. The doctor must leave it unchanged. */
async function examined(told: NodeJS.ProcessEnv) {
  const { home, environment } = await newcomer();
  const command = vidgenie(['doctor', '--json'], { ...environment, ...told });
  const status = await command.exit;
  expect(await readdir(dirname(home))).toEqual([]);
  const { fine, findings } = report.parse(JSON.parse(command.stdout()));
  const of = (part: string) =>
    findings.filter((one) => one.part === part).map(({ isFine, says }) => `${isFine ? 'fine' : 'wrong'}: ${says}`);
  return { status, fine, findings, of, output: command.stdout() + command.stderr() };
}

function bucketOf({ environment }: S3Server) {
  const { s3 } = readConfig(environment);
  if (!s3) throw new Error('no bucket is configured');
  return s3;
}

/** Both vendors' lists of models. */
const startModels = (openai: readonly object[], google: readonly string[]) =>
  startStub(({ path }, response) =>
    path.startsWith('/v1/')
      ? json(response, 200, { object: 'list', data: openai })
      : json(response, 200, { models: google.map((name) => ({ name: `models/${name}` })) }),
  );

test('before the first start the doctor has tried everything that is configured, made nothing, and is content', async () => {
  const [discord, slack, s3] = [await createDiscord(), await createSlack(), await startS3(await temporaryDirectory())];
  onTestFinished(s3.close);
  await createS3Store(bucketOf(s3)).prepare();
  const redis = noRedis === null ? await startRedis(['--appendonly', 'yes', '--maxmemory-policy', 'noeviction']) : null;
  if (redis) onTestFinished(redis.remove);
  const models = await startModels(
    [{ id: 'gpt-6-luna' }, { id: 'gpt-image-2.6-flare', shutdown_date: null }],
    ['gemini-omni-1.2-flash'],
  );
  const port = new URL(await deserted()).port;
  const { status, fine, findings, of, output } = await examined({
    DISCORD_TOKEN: discord.address.token,
    DISCORD_API_URL: discord.address.apiUrl,
    SLACK_BOT_TOKEN: ownToken,
    SLACK_SIGNING_SECRET: signingSecret,
    SLACK_API_URL: slack.settings.apiUrl,
    OPENAI_API_KEY: openAiCanary,
    OPENAI_BASE_URL: `${models.url}/v1`,
    GOOGLE_API_KEY: googleCanary,
    GOOGLE_BASE_URL: models.url,
    ...s3.environment,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    PORT: port,
    ...(redis ? { REDIS_URL: redis.url } : {}),
  });
  expect({ status, fine, wrong: findings.filter(({ isFine }) => !isFine) }).toEqual({
    status: 0,
    fine: true,
    wrong: [],
  });
  const parts = new Set(findings.map(({ part }) => part));
  for (const part of ['node', 'home', 'keyring', 'database', 'media', 'models', 'discord', 'slack', 'address'])
    expect(parts).toContain(part);
  expect(parts.has('redis')).toBe(redis !== null);
  expect(of('media')).toEqual(['fine: vidgenie can be written, read and cleared']);
  expect(of('models')).toHaveLength(2);
  for (const secret of [discord.address.token, ownToken, signingSecret, 'CANARY']) expect(output).not.toContain(secret);
});

test('before the first start each part that does not work is named with what to do, no secret is shown, and the exit says so', async () => {
  const discord = await createDiscord();
  const slack = await createSlack();
  // The emulator takes any token.
  slack.meddle.with = ({ method }) => (method === 'auth.test' ? { error: 'invalid_auth' } : null);
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);
  const models = await startModels([{ id: 'gpt-image-2.6-flare', shutdown_date: '2026-12-01' }], []);
  models.fail('GET', /v1beta\/models/, { fault: 'status', status: 400, body: invalidGoogleKey(`no: ${googleCanary}`) });
  const { status, fine, of, output } = await examined({
    DISCORD_TOKEN: 'abc',
    DISCORD_API_URL: discord.address.apiUrl,
    SLACK_BOT_TOKEN: 'xoxb-CANARY',
    SLACK_APP_TOKEN: 'xapp-CANARY',
    SLACK_API_URL: slack.settings.apiUrl,
    OPENAI_API_KEY: openAiCanary,
    OPENAI_BASE_URL: `${models.url}/v1`,
    GOOGLE_API_KEY: googleCanary,
    GOOGLE_BASE_URL: models.url,
    ...s3.environment,
    S3_SECRET_ACCESS_KEY: 'CANARY-secret',
    REDIS_URL: `redis://:CANARY-password@${new URL(await deserted()).host}`,
    DATABASE_URL: 'postgres://vidgenie:CANARY-password@127.0.0.1:1/vidgenie',
    VIDGENIE_KEYRING: `k1:${Buffer.alloc(32, 'CANARY').toString('base64')}`,
    PUBLIC_URL: await deserted(),
    PORT: '0',
    OPERATOR_TOKN: 'CANARY-operator-token',
  });
  expect({ status, fine }).toEqual({ status: 1, fine: false });
  expect(of('configuration')).toEqual([expect.stringMatching(/OPERATOR_TOKN .*did you mean OPERATOR_TOKEN/)]);
  expect(of('database')).toEqual([expect.stringMatching(/^wrong: The database 127.0.0.1:1\/vidgenie cannot be used/)]);
  expect(of('redis')).toEqual([expect.stringMatching(/^wrong: .*ECONNREFUSED/)]);
  expect(of('media')).toEqual([expect.stringMatching(/^wrong: .*S3_SECRET_ACCESS_KEY does not belong to/)]);
  expect(of('models')).toEqual([
    'fine: the OpenAI key works and may use 1 models',
    expect.stringMatching(/^wrong: the OpenAI key cannot use gpt-6-luna/),
    expect.stringMatching(/^wrong: gpt-image-2.6-flare will be shut down on 2026-12-01/),
    expect.stringMatching(/^wrong: the Google key cannot be used: .*GOOGLE_API_KEY/),
  ]);
  expect(of('discord')).toEqual([expect.stringMatching(/^wrong: Discord does not accept DISCORD_TOKEN/)]);
  expect(of('slack')).toEqual([
    expect.stringMatching(/^wrong: Slack does not accept SLACK_BOT_TOKEN/),
    expect.stringMatching(/^wrong: Slack does not accept SLACK_APP_TOKEN/),
  ]);
  expect(of('address')).toEqual([expect.stringMatching(/^wrong: nobody answers at/)]);
  expect(output).not.toContain('CANARY');
  expect(output).not.toContain(Buffer.from('CANARY').toString('base64').slice(0, 8));
});

test('the doctor says which ffmpeg is used, and its version', async () => {
  const ofPath = await examined(await installFfmpeg('99.0'));
  expect(ofPath.of('ffmpeg')).toEqual(['fine: 99.0, the one on PATH']);
  vi.unstubAllEnvs();
  const ofOurs = await examined(await installFfmpeg('5.1.9-0+deb12u1'));
  expect(ofOurs.of('ffmpeg')).toEqual([expect.stringMatching(/^fine: \d+\.\d\S*, which comes with VidGenie$/)]);
});

test('a variable that nobody can use is named by the doctor, and one that is misspelt at the start as well', async () => {
  const { status, of } = await examined({ PUBLIC_URL: 'foo', FREE_CREDITS: 'many' });
  expect(status).toBe(1);
  expect(of('configuration')).toEqual([
    expect.stringMatching(/^wrong: PUBLIC_URL is not an http\(s\) address; for example PUBLIC_URL=https/),
    expect.stringMatching(/^wrong: FREE_CREDITS/),
  ]);
  const { environment } = await newcomer();
  const started = vidgenie(['start'], { ...environment, PORT: '0', OPENAI_KEY: 'sk-CANARY' });
  expect(await started.said(/OPENAI_KEY/)).toContain('did you mean OPENAI_API_KEY?');
  await started.line(/http:/);
  started.child.kill('SIGTERM');
  expect(await started.exit).toBe(0);
  expect(started.stdout() + started.stderr()).not.toContain('CANARY');
});
