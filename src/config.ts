import { resolve } from 'node:path';
import { readShards, type Shards } from './bots/discord/shards.ts';
import { readSlackSettings, type SlackSettings } from './bots/slack/settings.ts';
import type { Keyring } from './db/keyring.ts';
import type { Retention } from './db/retention.ts';
import { Secret } from './db/secret.ts';
import { type RunLimits, vendorTable } from './domain.ts';
import { findMisspelt, type Misspelt } from './misspelledVariables.ts';
import { readS3Settings, type S3Settings } from './pipeline/media/s3Settings.ts';
import type { PriceBook } from './pipeline/pricing.ts';
import type { OwnServer, ProviderConfig } from './pipeline/providers/config.ts';
import type { RateLimits } from './pipeline/rateLimit.ts';
import type { RedisAddress } from './pipeline/redis.ts';
import { readSecretFiles } from './secretFiles.ts';
import { keyVariables, knownVariables, type logLevels, type roles, secretVariables, variables } from './variables.ts';

const defaultPort = 3000;

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
  /** The source of prices: the fixed table, or the vendors' price book. The value of a credit also tells which prices lose money. */
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

/** A variable for backups that is not set has the value of the one for media. */
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

/** A separate password may hold any character. A password in the address takes precedence. */
function withPassword(address: string, password: string): string {
  const url = new URL(address);
  if (url.password !== '' || password === '') return address;
  url.password = encodeURIComponent(password);
  return url.href;
}

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
