import { resolve } from 'node:path';
import { z } from 'zod';
import { readShards, type Shards } from './bots/discord/shards.ts';
import { readSlackSettings, type SlackSettings, slackSecrets } from './bots/slack/settings.ts';
import { type Keyring, KeyringError, parseKeyring } from './db/keyring.ts';
import type { Retention } from './db/retention.ts';
import { Secret } from './db/secret.ts';
import { parseDemoFaults } from './demo/faults.ts';
import { defaultLimits, maxVideoSeconds, type RunLimits, vendorTable } from './domain.ts';
import { findMisspelt, type Misspelt } from './misspelledVariables.ts';
import { readS3Settings, type S3Settings } from './pipeline/media/s3Settings.ts';
import type { PriceBook } from './pipeline/pricing.ts';
import type { OwnServer, ProviderConfig } from './pipeline/providers/config.ts';
import { parseSeconds, parseSizes, type VideoSize } from './pipeline/providers/server/videoSettings.ts';
import type { RateLimits } from './pipeline/rateLimit.ts';
import { parseRedisUrl, type RedisAddress } from './pipeline/redis.ts';
import { percentDecoded } from './plainText.ts';
import { readSecretFiles } from './secretFiles.ts';

const roles = ['all', 'bot', 'worker'] as const;
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `is less than ${min}`).max(max, `is more than ${max}`));

const postgresUrl = z
  .string()
  .refine((value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value), 'is not a PostgreSQL address')
  .refine((value) => isDecodable(URL.parse(value)), 'has a % that begins no code (write %25 for one in a password)');

/** True for an address that cannot be parsed, because another check reports that. */
const isDecodable = (url: URL | null): boolean =>
  url === null || [url.username, url.password, url.pathname].every((part) => percentDecoded(part) !== null);

const token = (beginning: string) =>
  z
    .string()
    .refine((value) => value.startsWith(beginning), `does not begin with ${beginning}`)
    .optional();

/**
 * An address without a slash at its end, so that a path can follow. It aborts on a wrong value, because later checks assume an
 * address.
 */
const httpUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), {
    error: 'is not an http(s) address',
    abort: true,
  })
  .transform((value) => value.replace(/\/+$/, ''));

const defaultPort = 3000;

/** Copied keys often have spaces and line ends around them. */
const secret = z.string().transform((value) => new Secret(value.trim()));

function keyring(text: string, context: z.RefinementCtx) {
  try {
    return parseKeyring(text);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    context.addIssue({ code: 'custom', message: `cannot be used: ${error.message}` });
    return z.NEVER;
  }
}

function redisUrl(text: string, context: z.RefinementCtx) {
  const address = parseRedisUrl(text);
  if (address) return address;
  context.addIssue({ code: 'custom', message: 'is not the address of a Redis or Valkey' });
  return z.NEVER;
}

/** Every variable: how it is read, and an example for its error message. */
const variables = z.object({
  VIDGENIE_ROLE: z
    .enum(roles, `is not one of ${roles.join(', ')}`)
    .default('all')
    .meta({ example: 'all' }),
  VIDGENIE_HOME: z.string().default('.vidgenie').meta({ example: '/var/lib/vidgenie' }),
  LOG_LEVEL: z
    .enum(logLevels, `is not one of ${logLevels.join(', ')}`)
    .optional()
    .meta({ example: 'info' }),
  DATABASE_URL: postgresUrl.optional().meta({ example: 'postgres://vidgenie:secret@db.example:5432/vidgenie' }),
  DATABASE_DIRECT_URL: postgresUrl.optional().meta({ example: 'postgres://vidgenie:secret@db.example:5432/vidgenie' }),
  POSTGRES_PASSWORD: z.string().optional().meta({ example: '<the password of the user in DATABASE_URL>' }),
  REDIS_URL: z.string().transform(redisUrl).optional().meta({ example: 'redis://:secret@redis.example:6379' }),
  S3_BUCKET: z.string().optional().meta({ example: 'vidgenie' }),
  S3_ENDPOINT: httpUrl.optional().meta({ example: 'https://s3.example' }),
  S3_REGION: z.string().default('us-east-1').meta({ example: 'eu-central-1' }),
  S3_ACCESS_KEY_ID: z.string().optional().meta({ example: 'AKIA…' }),
  S3_SECRET_ACCESS_KEY: secret.optional().meta({ example: '<the secret of that key>' }),
  S3_PUBLIC_URL: httpUrl.optional().meta({ example: 'https://media.example' }),
  S3_LINK_HOURS: wholeNumber(1, 168).default(168).meta({ example: '168' }),
  BACKUP_PASSPHRASE: secret.optional().meta({ example: 'several random words' }),
  BACKUP_S3_ENDPOINT: httpUrl.optional().meta({ example: 'https://s3.elsewhere.example' }),
  BACKUP_S3_REGION: z.string().optional().meta({ example: 'eu-west-1' }),
  BACKUP_S3_ACCESS_KEY_ID: z.string().optional().meta({ example: 'AKIA…' }),
  BACKUP_S3_SECRET_ACCESS_KEY: secret.optional().meta({ example: '<the secret of that key>' }),
  MEDIA_RETENTION_DAYS: wholeNumber(0, 36_500).default(0).meta({ example: '90' }),
  MIN_FREE_DISK_MB: wholeNumber(0, 100_000_000).optional().meta({ example: '500' }),
  INPUT_RETENTION_HOURS: wholeNumber(0, 876_000).default(24).meta({ example: '24' }),
  PORT: wholeNumber(0, 65_535).optional().meta({ example: '3000' }),
  PUBLIC_URL: httpUrl
    .refine((value) => new URL(value).pathname === '/' && new URL(value).search === '', 'has more than a host')
    .transform((value) => new URL(value).origin)
    .optional()
    .meta({ example: 'https://vidgenie.example' }),
  WEBHOOKS: z.enum(['on', 'off'], 'is not one of on, off').default('on').meta({ example: 'off' }),
  SLACK_BOT_TOKEN: token('xoxb-').meta({ example: 'xoxb-…' }),
  SLACK_APP_TOKEN: token('xapp-').meta({ example: 'xapp-…' }),
  SLACK_SIGNING_SECRET: z.string().optional().meta({ example: '8f742231b10e8888abcd99yyyzzz85a5' }),
  SLACK_CLIENT_ID: z.string().optional().meta({ example: '1234567890.1234567890' }),
  SLACK_CLIENT_SECRET: z.string().optional().meta({ example: '0123456789abcdef' }),
  SLACK_STATE_SECRET: z.string().optional().meta({ example: 'a long random word' }),
  SLACK_API_URL: httpUrl.default('https://slack.com/api/').meta({ example: 'https://slack.com/api/' }),
  FREE_CREDITS: wholeNumber(0, 1_000_000).default(100).meta({ example: '100' }),
  BYOK_PRICE_PERCENT: wholeNumber(0, 100).default(100).meta({ example: '100' }),
  MEMBER_COMMANDS_PER_MINUTE: wholeNumber(1, 1_000_000).default(20).meta({ example: '20' }),
  WORKSPACE_COMMANDS_PER_MINUTE: wholeNumber(1, 1_000_000).default(300).meta({ example: '300' }),
  OPERATOR_TOKEN: z
    .string()
    .min(16, 'has fewer than 16 characters')
    .transform((value) => new Secret(value))
    .optional()
    .meta({ example: 'a long random word' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional().meta({ example: 'http://localhost:4318' }),
  MEMBER_RUNS_AT_WORK: wholeNumber(1, 1_000_000).default(defaultLimits.memberAtWork).meta({ example: '3' }),
  MEMBER_RUNS_WAITING: wholeNumber(0, 1_000_000).default(defaultLimits.memberWaiting).meta({ example: '10' }),
  WORKSPACE_RUNS_AT_WORK: wholeNumber(1, 1_000_000).default(defaultLimits.workspaceAtWork).meta({ example: '30' }),
  VIDGENIE_KEYRING: z.string().transform(keyring).optional().meta({ example: 'k1:<base64 of 32 random bytes>' }),
  OPENAI_BASE_URL: httpUrl.optional().meta({ example: 'https://api.openai.com/v1' }),
  GOOGLE_BASE_URL: httpUrl.optional().meta({ example: 'https://generativelanguage.googleapis.com' }),
  GOOGLE_API_VERSION: z
    .string()
    .regex(/^v\d\w*$/, 'is not an API version')
    .default('v1beta')
    .meta({ example: 'v1beta' }),
  GOOGLE_CLOUD_PROJECT: z.string().optional().meta({ example: 'my-project' }),
  GOOGLE_CLOUD_LOCATION: z.string().default('us-central1').meta({ example: 'us-central1' }),
  OPENROUTER_BASE_URL: httpUrl.optional().meta({ example: 'https://openrouter.ai/api/v1' }),
  RUNWAY_BASE_URL: httpUrl.optional().meta({ example: 'https://api.dev.runwayml.com' }),
  RUNWAY_FILE_HOSTS: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+(,[a-z0-9-]+(\.[a-z0-9-]+)+)*$/, 'is not a list of host names')
    .transform((hosts) => hosts.split(','))
    .optional()
    .meta({ example: 'd1234abcd.cloudfront.net' }),
  ENHANCE_BASE_URL: httpUrl.optional().meta({ example: 'http://localhost:11434/v1' }),
  ENHANCE_API_KEY: secret.optional().meta({ example: '<the key of that server, if it has one>' }),
  IMAGE_BASE_URL: httpUrl.optional().meta({ example: 'http://localhost:8000/v1' }),
  IMAGE_API_KEY: secret.optional().meta({ example: '<the key of that server, if it has one>' }),
  VIDEO_BASE_URL: httpUrl.optional().meta({ example: 'http://localhost:8000/v1' }),
  VIDEO_API_KEY: secret.optional().meta({ example: '<the key of that server, if it has one>' }),
  VIDEO_SECONDS: z.string().transform(videoSeconds).optional().meta({ example: '2-8' }),
  VIDEO_SIZES: z.string().transform(videoSizes).optional().meta({ example: '1280x720,720x1280' }),
  COMFYUI_URL: httpUrl.optional().meta({ example: 'http://localhost:8188' }),
  COMFYUI_API_KEY: secret.optional().meta({ example: '<the key of that server, if it has one>' }),
  COMFYUI_WORKFLOWS: z.string().optional().meta({ example: './comfyui' }),
  MODEL_ALIASES: z
    .string()
    .default('')
    .transform(aliases)
    .meta({ example: 'fast=gpt-image-2.6-flare+gemini-omni-1.1-flash,best=gpt-image-2.6-sunburst' }),
  FAILOVER: z.enum(['off', 'on'], 'is not one of off, on').default('off').meta({ example: 'on' }),
  PRICES: z.enum(['table', 'book'], 'is not one of table, book').default('table').meta({ example: 'book' }),
  CREDIT_USD: z
    .string()
    .regex(/^\d+(\.\d{1,6})?$/, 'is not an amount of US dollars')
    .transform(Number)
    .pipe(z.number().min(0.0001, 'is less than 0.0001').max(1_000, 'is more than 1000'))
    .default(0.05)
    .meta({ example: '0.05' }),
  MARKUP_PERCENT: wholeNumber(0, 10_000).default(0).meta({ example: '20' }),
  ENHANCE_MODEL: z.string().optional().meta({ example: 'gpt-6-luna' }),
  IMAGE_MODEL: z.string().optional().meta({ example: 'gpt-image-2.6-flare' }),
  VIDEO_MODEL: z.string().optional().meta({ example: 'gemini-omni-1.2-flash' }),
  PARTIAL_IMAGES: wholeNumber(0, 3).default(0).meta({ example: '2' }),
  MODERATION_WHEN_DOWN: z
    .enum(['refuse', 'allow'], 'is not one of refuse, allow')
    .default('refuse')
    .meta({ example: 'refuse' }),
  DISCORD_TOKEN: z.string().trim().optional().meta({ example: '<the bot token of the developer portal>' }),
  DISCORD_PUBLIC_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'is not a public key of 64 hex digits')
    .optional()
    .meta({ example: '<the public key on the page "General Information">' }),
  DISCORD_API_URL: httpUrl.default('https://discord.com/api').meta({ example: 'https://discord.com/api' }),
  DISCORD_SHARDS: z
    .string()
    .regex(/^(auto|none|\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*)$/, 'is neither auto, none nor a list of shards')
    .default('auto')
    .meta({ example: '0,1' }),
  DISCORD_SHARD_COUNT: wholeNumber(1, 16_000).optional().meta({ example: '4' }),
  DEMO_STEP_MS: wholeNumber(0, 600_000).default(1_500).meta({ example: '1500' }),
  DEMO_FAULTS: z.string().default('').transform(demoFaults).meta({ example: 'image=refuse,video=fail' }),
});

function demoFaults(text: string, context: z.RefinementCtx) {
  const parsed = parseDemoFaults(text);
  if (parsed.outcome === 'parsed') return parsed.faults;
  context.addIssue({ code: 'custom', message: parsed.detail });
  return z.NEVER;
}

function videoSeconds(text: string, context: z.RefinementCtx): number[] {
  const seconds = parseSeconds(text);
  if (seconds) return seconds;
  context.addIssue({ code: 'custom', message: `is not a list of whole seconds from 1 to ${maxVideoSeconds}` });
  return z.NEVER;
}

function videoSizes(text: string, context: z.RefinementCtx): VideoSize[] {
  const parsed = parseSizes(text);
  if ('sizes' in parsed) return parsed.sizes;
  context.addIssue({ code: 'custom', message: parsed.problem });
  return z.NEVER;
}

/** Reads `fast=a+b,best=c`. */
function aliases(text: string, context: z.RefinementCtx): ReadonlyMap<string, readonly string[]> {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const named = entries.map((entry): [string, string[]] | null => {
    const [, name = '', models = ''] = /^([a-z0-9][a-z0-9_-]{0,29})\s*=\s*(\S+)$/i.exec(entry) ?? [];
    const list = models.split('+').filter((model) => model !== '');
    return name === '' || list.length === 0 ? null : [name.toLowerCase(), list];
  });
  if (named.includes(null)) {
    context.addIssue({ code: 'custom', message: 'is not a list of names, each with the models that it stands for' });
    return z.NEVER;
  }
  return new Map(named.filter((one) => one !== null));
}

/** The operator's own keys of the vendors that VidGenie knows. */
const keyVariables = z.object(
  Object.fromEntries(
    vendorTable.map(({ keyVariable, keyExample }) => [keyVariable, secret.optional().meta({ example: keyExample })]),
  ),
);

/** The checked configuration. Directories are absolute. Durations are in milliseconds. */
export type Config = {
  role: (typeof roles)[number];
  home: string;
  logLevel: (typeof logLevels)[number] | null;
  /** Null means the embedded PostgreSQL in `home`. */
  databaseUrl: string | null;
  /** The address of the server itself if `databaseUrl` leads to a pooler in transaction mode. Null: there is no pooler. */
  databaseDirectUrl: string | null;
  /** Null keeps the queue in PostgreSQL. */
  redis: RedisAddress | null;
  /** Null stores media as files in `home`. */
  s3: S3Settings | null;
  /** The passphrase of backups, and the S3 service that keeps them. The bucket is named with each backup. */
  backup: { passphrase: Secret | null; s3: Omit<S3Settings, 'bucket'> };
  retention: Retention;
  /** With less free on a disk, VidGenie takes no new runs. In bytes. 0 turns the check off. Null means the default. */
  minFreeDiskBytes: number | null;
  /** The port of the HTTP server. 0 means any free port. */
  port: number;
  /** True if the operator configured the port. */
  isPortNamed: boolean;
  /** The public address of that server, without a slash at its end. Null if it is not configured. */
  publicUrl: string | null;
  /** Whether vendors are asked to call `publicUrl` when a video is over. They call an address with TLS only. */
  webhooks: boolean;
  /** Null means no Slack. */
  slack: SlackSettings | null;
  freeCredits: number;
  byokPricePercent: number;
  /** What steps cost: the fixed table, or the vendors' prices. What a credit is worth also tells which prices lose money. */
  prices: { from: 'table' | 'book' } & PriceBook;
  limits: RunLimits;
  rateLimits: RateLimits;
  /** The token that opens the queue's board. Null turns the board off. */
  operatorToken: Secret | null;
  /** The address for traces. Null sends none. */
  telemetryUrl: string | null;
  /** Null means the keyring in `home`, made on first use. */
  keyring: Keyring | null;
  providers: ProviderConfig;
  /** Null means no Discord. */
  discord: { token: string; publicKey: string | null; apiUrl: string; shards: Shards } | null;
  demo: { stepMs: number; faults: ReturnType<typeof readVariables>['DEMO_FAULTS'] };
  /** Variables that are set but unknown: probably a misspelling of another. */
  misspelt: readonly Misspelt[];
};

/** A variable that cannot be used. The message is one line for the person who set it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

function readVariables(environment: NodeJS.ProcessEnv, readFile?: (path: string) => string) {
  const told = readSecretFiles(environment, secretVariables, readFile);
  // Most shells and .env files write an empty variable for "not set".
  const set = Object.fromEntries(Object.entries(told.environment).filter(([, value]) => value !== ''));
  const parsed = variables.safeParse(set);
  const keys = keyVariables.safeParse(set);
  if (parsed.success && keys.success && told.problems.length === 0) return { ...parsed.data, keys: keys.data };
  const lines = [...(parsed.error?.issues ?? []), ...(keys.error?.issues ?? [])].map((issue) => {
    const name = String(issue.path[0]);
    const example = Object.entries({ ...variables.shape, ...keyVariables.shape })
      .find(([known]) => known === name)?.[1]
      .meta()?.example;
    return `${name} ${issue.message}; for example ${name}=${example}`;
  });
  throw new ConfigError([...told.problems, ...lines].join('\n'));
}

/** The command that makes a keyring. VidGenie does not generate one here, because a master key must not appear in a log. */
const keyringCommand = 'echo "VIDGENIE_KEYRING=k1:$(openssl rand -base64 32)" >> .env';

/** Reads the configuration. Throws {@link ConfigError} with one line for each variable that cannot be used. */
export function readConfig(environment: NodeJS.ProcessEnv, readFile?: (path: string) => string): Config {
  const read = readVariables(environment, readFile);
  if (read.DATABASE_URL && !read.VIDGENIE_KEYRING) {
    throw new ConfigError(
      `VIDGENIE_KEYRING is missing, and DATABASE_URL is set: processes that share a database share its keys. Make one with: ${keyringCommand} (and keep it safe, it opens every stored key)`,
    );
  }
  if (read.DATABASE_DIRECT_URL && !read.DATABASE_URL) {
    throw new ConfigError(
      'DATABASE_DIRECT_URL is set, and DATABASE_URL is missing: set DATABASE_URL to the address of the pooler, or of the server if there is no pooler',
    );
  }
  return {
    role: read.VIDGENIE_ROLE,
    home: resolve(read.VIDGENIE_HOME),
    logLevel: read.LOG_LEVEL ?? null,
    databaseUrl: read.DATABASE_URL ? withPassword(read.DATABASE_URL, read.POSTGRES_PASSWORD ?? '') : null,
    databaseDirectUrl: read.DATABASE_DIRECT_URL
      ? withPassword(read.DATABASE_DIRECT_URL, read.POSTGRES_PASSWORD ?? '')
      : null,
    redis: read.REDIS_URL ?? null,
    s3: settingsOf(readS3Settings(read)),
    backup: { passphrase: read.BACKUP_PASSPHRASE ?? null, s3: backupService(read) },
    retention: {
      mediaDays: read.MEDIA_RETENTION_DAYS || null,
      inputHours: read.INPUT_RETENTION_HOURS || null,
    },
    minFreeDiskBytes: read.MIN_FREE_DISK_MB === undefined ? null : read.MIN_FREE_DISK_MB * 1_000_000,
    port: read.PORT ?? defaultPort,
    isPortNamed: read.PORT !== undefined,
    publicUrl: read.PUBLIC_URL ?? null,
    webhooks: read.WEBHOOKS === 'on' && (read.PUBLIC_URL?.startsWith('https://') ?? false),
    slack: settingsOf(readSlackSettings(read)),
    freeCredits: read.FREE_CREDITS,
    byokPricePercent: read.BYOK_PRICE_PERCENT,
    prices: {
      from: read.PRICES,
      creditMicroUsd: Math.round(read.CREDIT_USD * 1_000_000),
      markupPercent: read.MARKUP_PERCENT,
    },
    rateLimits: { member: read.MEMBER_COMMANDS_PER_MINUTE, workspace: read.WORKSPACE_COMMANDS_PER_MINUTE },
    operatorToken: read.OPERATOR_TOKEN ?? null,
    telemetryUrl: read.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    limits: {
      memberAtWork: read.MEMBER_RUNS_AT_WORK,
      memberWaiting: read.MEMBER_RUNS_WAITING,
      workspaceAtWork: read.WORKSPACE_RUNS_AT_WORK,
    },
    keyring: read.VIDGENIE_KEYRING ?? null,
    providers: {
      keys: new Map(
        vendorTable.flatMap(({ id, keyVariable }) => {
          const key = read.keys[keyVariable];
          return key ? [[id, key] as const] : [];
        }),
      ),
      openaiBaseUrl: read.OPENAI_BASE_URL ?? null,
      googleBaseUrl: read.GOOGLE_BASE_URL ?? null,
      googleApiVersion: read.GOOGLE_API_VERSION,
      googleCloud: read.GOOGLE_CLOUD_PROJECT
        ? { project: read.GOOGLE_CLOUD_PROJECT, location: read.GOOGLE_CLOUD_LOCATION }
        : null,
      openrouterBaseUrl: read.OPENROUTER_BASE_URL ?? null,
      runwayBaseUrl: read.RUNWAY_BASE_URL ?? null,
      runwayFileHosts: read.RUNWAY_FILE_HOSTS ?? [],
      servers: {
        enhance: ownServer(read.ENHANCE_BASE_URL, read.ENHANCE_API_KEY),
        image: ownServer(read.IMAGE_BASE_URL, read.IMAGE_API_KEY),
        video: videoServer(read),
      },
      comfyui: comfyServer(read),
      aliases: read.MODEL_ALIASES,
      failover: read.FAILOVER === 'on',
      models: { enhance: read.ENHANCE_MODEL ?? null, image: read.IMAGE_MODEL ?? null, video: read.VIDEO_MODEL ?? null },
      moderationWhenDown: read.MODERATION_WHEN_DOWN,
      partialImages: read.PARTIAL_IMAGES,
    },
    discord: read.DISCORD_TOKEN
      ? {
          token: read.DISCORD_TOKEN,
          publicKey: read.DISCORD_PUBLIC_KEY ?? null,
          apiUrl: read.DISCORD_API_URL,
          shards: settingsOf(readShards(read)),
        }
      : null,
    demo: { stepMs: read.DEMO_STEP_MS, faults: read.DEMO_FAULTS },
    misspelt: findMisspelt(environment, knownVariables()),
  };
}

/** Where a variable for backups is not set, the one for media counts. */
function backupService(read: ReturnType<typeof readVariables>): Config['backup']['s3'] {
  const { settings, problem } = readS3Settings({
    S3_BUCKET: 'any',
    S3_ENDPOINT: read.BACKUP_S3_ENDPOINT ?? read.S3_ENDPOINT,
    S3_REGION: read.BACKUP_S3_REGION ?? read.S3_REGION,
    S3_ACCESS_KEY_ID: read.BACKUP_S3_ACCESS_KEY_ID ?? read.S3_ACCESS_KEY_ID,
    S3_SECRET_ACCESS_KEY: read.BACKUP_S3_SECRET_ACCESS_KEY ?? read.S3_SECRET_ACCESS_KEY,
    S3_LINK_HOURS: read.S3_LINK_HOURS,
  });
  if (settings === null) throw new ConfigError(`BACKUP_${problem}`);
  const { bucket: _, ...service } = settings;
  return service;
}

const ownServer = (baseUrl: string | undefined, key: Secret | undefined): OwnServer | null =>
  baseUrl === undefined ? null : { baseUrl, key: key ?? null };

function videoServer(read: ReturnType<typeof readVariables>): ProviderConfig['servers']['video'] {
  const server = ownServer(read.VIDEO_BASE_URL, read.VIDEO_API_KEY);
  return server && { ...server, seconds: read.VIDEO_SECONDS ?? null, sizes: read.VIDEO_SIZES ?? null };
}

function comfyServer(read: ReturnType<typeof readVariables>): ProviderConfig['comfyui'] {
  const server = ownServer(read.COMFYUI_URL, read.COMFYUI_API_KEY);
  const { COMFYUI_WORKFLOWS: workflows } = read;
  return server && { ...server, workflows: workflows === undefined ? null : resolve(workflows) };
}

export const knownVariables = (): string[] => [
  ...Object.keys(variables.shape),
  ...Object.keys(keyVariables.shape),
  ...secretVariables.map((name) => `${name}_FILE`),
];

/** A separate password may hold any character. A password in the address takes precedence. */
function withPassword(address: string, password: string): string {
  const url = new URL(address);
  if (url.password !== '' || password === '') return address;
  url.password = encodeURIComponent(password);
  return url.href;
}

/** Secret variables. Each may come from a file instead, named by `<NAME>_FILE`. */
export const secretVariables = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'POSTGRES_PASSWORD',
  'REDIS_URL',
  'VIDGENIE_KEYRING',
  ...vendorTable.map(({ keyVariable }) => keyVariable),
  'ENHANCE_API_KEY',
  'IMAGE_API_KEY',
  'VIDEO_API_KEY',
  'COMFYUI_API_KEY',
  'S3_SECRET_ACCESS_KEY',
  'BACKUP_PASSPHRASE',
  'BACKUP_S3_SECRET_ACCESS_KEY',
  'DISCORD_TOKEN',
  'OPERATOR_TOKEN',
  ...slackSecrets,
] as const;

/** Everything in the configuration that must never be printed. */
export function secretsOf(config: Config): Secret[] {
  const { providers, databaseUrl, databaseDirectUrl, redis, discord, slack, s3, backup, operatorToken } = config;
  const passwordOf = (url: string | null) => (url === null ? '' : decodeURIComponent(new URL(url).password));
  const words = [
    passwordOf(databaseUrl),
    passwordOf(databaseDirectUrl),
    redis?.password?.reveal(),
    discord?.token,
    slack?.botToken,
    slack?.appToken,
    slack?.signingSecret,
  ];
  const named = [...words, slack?.oauth?.clientSecret, slack?.oauth?.stateSecret].flatMap((word) => word || []);
  const servers = [...Object.values(providers.servers), providers.comfyui];
  const serverKeys = servers.flatMap((one) => one?.key ?? []);
  const ofStores = [s3?.credentials?.secretAccessKey, backup.s3.credentials?.secretAccessKey, backup.passphrase];
  const kept = [...providers.keys.values(), ...serverKeys, operatorToken, ...ofStores].flatMap((one) => one ?? []);
  return [...new Set(kept), ...named.map((word) => new Secret(word))];
}

function settingsOf<Settings>({ settings, problem }: { settings: Settings; problem: string | null }): Settings {
  if (problem !== null) throw new ConfigError(problem);
  return settings;
}
