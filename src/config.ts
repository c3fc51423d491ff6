import { resolve } from 'node:path';
import { z } from 'zod';
import { readSlackSettings, type SlackSettings, slackSecrets } from './bots/slack/settings.ts';
import { type Keyring, KeyringError, newKeyring, parseKeyring } from './db/keyring.ts';
import { Secret } from './db/secret.ts';
import { parseDemoFaults } from './pipeline/providers/demo/faults.ts';

const roles = ['all', 'bot', 'worker'] as const;
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.number().min(least, `is less than ${least}`).max(most, `is more than ${most}`));

const postgresUrl = z
  .string()
  .refine((value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value), 'is not a PostgreSQL address');

const token = (beginning: string) =>
  z
    .string()
    .refine((value) => value.startsWith(beginning), `does not begin with ${beginning}`)
    .optional();

const httpUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'is not an http(s) address');

/** Keys come with the blanks and line ends of wherever they were copied from. */
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

/** Every variable: how it is read, and an example for the one line that somebody gets who misspells it. */
const variables = {
  VIDGENIE_ROLE: { read: z.enum(roles, `is not one of ${roles.join(', ')}`).default('all'), example: 'all' },
  VIDGENIE_HOME: { read: z.string().default('.vidgenie'), example: '/var/lib/vidgenie' },
  LOG_LEVEL: { read: z.enum(logLevels, `is not one of ${logLevels.join(', ')}`).optional(), example: 'info' },
  DATABASE_URL: { read: postgresUrl.optional(), example: 'postgres://vidgenie:secret@db.example:5432/vidgenie' },
  PORT: { read: wholeNumber(0, 65_535).default(3000), example: '3000' },
  SLACK_BOT_TOKEN: { read: token('xoxb-'), example: 'xoxb-…' },
  SLACK_APP_TOKEN: { read: token('xapp-'), example: 'xapp-…' },
  SLACK_SIGNING_SECRET: { read: z.string().optional(), example: '8f742231b10e8888abcd99yyyzzz85a5' },
  SLACK_CLIENT_ID: { read: z.string().optional(), example: '1234567890.1234567890' },
  SLACK_CLIENT_SECRET: { read: z.string().optional(), example: '0123456789abcdef' },
  SLACK_STATE_SECRET: { read: z.string().optional(), example: 'a long random word' },
  SLACK_API_URL: { read: httpUrl.default('https://slack.com/api/'), example: 'https://slack.com/api/' },
  FREE_CREDITS: { read: wholeNumber(0, 1_000_000).default(100), example: '100' },
  BYOK_PRICE_PERCENT: { read: wholeNumber(0, 100).default(100), example: '100' },
  VIDGENIE_KEYRING: { read: z.string().transform(keyring).optional(), example: 'k1:<base64 of 32 random bytes>' },
  OPENAI_API_KEY: { read: secret.optional(), example: 'sk-…' },
  OPENAI_BASE_URL: { read: httpUrl.optional(), example: 'https://api.openai.com/v1' },
  GOOGLE_API_KEY: { read: secret.optional(), example: 'AIza…' },
  GOOGLE_BASE_URL: { read: httpUrl.optional(), example: 'https://generativelanguage.googleapis.com' },
  GOOGLE_API_VERSION: {
    read: z
      .string()
      .regex(/^v\d\w*$/, 'is not an API version')
      .default('v1beta'),
    example: 'v1beta',
  },
  GOOGLE_CLOUD_PROJECT: { read: z.string().optional(), example: 'my-project' },
  GOOGLE_CLOUD_LOCATION: { read: z.string().default('us-central1'), example: 'us-central1' },
  ENHANCE_MODEL: { read: z.string().optional(), example: 'gpt-6-luna' },
  IMAGE_MODEL: { read: z.string().optional(), example: 'gpt-image-2.6-flare' },
  VIDEO_MODEL: { read: z.string().optional(), example: 'gemini-omni-1.2-flash' },
  MODERATION_WHEN_DOWN: {
    read: z.enum(['refuse', 'allow'], 'is not one of refuse, allow').default('refuse'),
    example: 'refuse',
  },
  DISCORD_TOKEN: { read: z.string().optional(), example: '<the bot token of the developer portal>' },
  DISCORD_PUBLIC_KEY: {
    read: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'is not a public key of 64 hex digits')
      .optional(),
    example: '<the public key on the page "General Information">',
  },
  DISCORD_API_URL: {
    read: z.url({ protocol: /^https?$/, message: 'is not an http(s) address' }).default('https://discord.com/api'),
    example: 'https://discord.com/api',
  },
  DEMO_STEP_MS: { read: wholeNumber(0, 600_000).default(1_500), example: '1500' },
  DEMO_FAULTS: { read: z.string().default('').transform(demoFaults), example: 'image=refuse,video=fail' },
} as const;

function demoFaults(text: string, context: z.RefinementCtx) {
  const parsed = parseDemoFaults(text);
  if (parsed.outcome === 'parsed') return parsed.faults;
  context.addIssue({ code: 'custom', message: parsed.detail });
  return z.NEVER;
}

/** What the program was told, checked. Directories are absolute; durations are in milliseconds. */
export type Config = {
  role: (typeof roles)[number];
  home: string;
  logLevel: (typeof logLevels)[number] | null;
  /** Null: the embedded PostgreSQL in `home`. */
  databaseUrl: string | null;
  /** Where the program serves HTTP; 0 for any free port. */
  port: number;
  /** Null: no Slack. */
  slack: SlackSettings | null;
  freeCredits: number;
  byokPricePercent: number;
  /** Null: the keyring in `home`, made on first use. */
  keyring: Keyring | null;
  providers: ProviderConfig;
  /** Null: no Discord. */
  discord: { token: string; publicKey: string | null; apiUrl: string } | null;
  demo: { stepMs: number; faults: ReturnType<typeof readVariables>['DEMO_FAULTS'] };
};

/** The operator's own keys, and where the vendors are found. */
export type ProviderConfig = {
  keys: { openai: Secret | null; google: Secret | null };
  openaiBaseUrl: string | null;
  googleBaseUrl: string | null;
  googleApiVersion: string;
  googleCloud: { project: string; location: string } | null;
  models: { enhance: string | null; image: string | null; video: string | null };
  moderationWhenDown: 'refuse' | 'allow';
};

/** A variable that cannot be used; the message is one line for the person who set it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const shape = z.object({
  VIDGENIE_ROLE: variables.VIDGENIE_ROLE.read,
  VIDGENIE_HOME: variables.VIDGENIE_HOME.read,
  LOG_LEVEL: variables.LOG_LEVEL.read,
  DATABASE_URL: variables.DATABASE_URL.read,
  PORT: variables.PORT.read,
  SLACK_BOT_TOKEN: variables.SLACK_BOT_TOKEN.read,
  SLACK_APP_TOKEN: variables.SLACK_APP_TOKEN.read,
  SLACK_SIGNING_SECRET: variables.SLACK_SIGNING_SECRET.read,
  SLACK_CLIENT_ID: variables.SLACK_CLIENT_ID.read,
  SLACK_CLIENT_SECRET: variables.SLACK_CLIENT_SECRET.read,
  SLACK_STATE_SECRET: variables.SLACK_STATE_SECRET.read,
  SLACK_API_URL: variables.SLACK_API_URL.read,
  FREE_CREDITS: variables.FREE_CREDITS.read,
  BYOK_PRICE_PERCENT: variables.BYOK_PRICE_PERCENT.read,
  VIDGENIE_KEYRING: variables.VIDGENIE_KEYRING.read,
  OPENAI_API_KEY: variables.OPENAI_API_KEY.read,
  OPENAI_BASE_URL: variables.OPENAI_BASE_URL.read,
  GOOGLE_API_KEY: variables.GOOGLE_API_KEY.read,
  GOOGLE_BASE_URL: variables.GOOGLE_BASE_URL.read,
  GOOGLE_API_VERSION: variables.GOOGLE_API_VERSION.read,
  GOOGLE_CLOUD_PROJECT: variables.GOOGLE_CLOUD_PROJECT.read,
  GOOGLE_CLOUD_LOCATION: variables.GOOGLE_CLOUD_LOCATION.read,
  ENHANCE_MODEL: variables.ENHANCE_MODEL.read,
  IMAGE_MODEL: variables.IMAGE_MODEL.read,
  VIDEO_MODEL: variables.VIDEO_MODEL.read,
  MODERATION_WHEN_DOWN: variables.MODERATION_WHEN_DOWN.read,
  DISCORD_TOKEN: variables.DISCORD_TOKEN.read,
  DISCORD_PUBLIC_KEY: variables.DISCORD_PUBLIC_KEY.read,
  DISCORD_API_URL: variables.DISCORD_API_URL.read,
  DEMO_STEP_MS: variables.DEMO_STEP_MS.read,
  DEMO_FAULTS: variables.DEMO_FAULTS.read,
});

function readVariables(environment: NodeJS.ProcessEnv) {
  // An empty variable is how most shells and .env files say "not set".
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = shape.safeParse(set);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const example = Object.entries(variables).find(([known]) => known === name)?.[1].example;
    return `${name} ${issue.message}; for example ${name}=${example}`;
  });
  throw new ConfigError(lines.join('\n'));
}

/** Reads the configuration. Throws {@link ConfigError} with one line for each variable that cannot be used. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const read = readVariables(environment);
  if (read.DATABASE_URL && !read.VIDGENIE_KEYRING) {
    const example = `VIDGENIE_KEYRING=${newKeyring()}`;
    throw new ConfigError(
      `VIDGENIE_KEYRING is missing, and DATABASE_URL is set: processes that share a database share its keys; for example ${example} (made just now; keep it safe, it opens every stored key)`,
    );
  }
  return {
    role: read.VIDGENIE_ROLE,
    home: resolve(read.VIDGENIE_HOME),
    logLevel: read.LOG_LEVEL ?? null,
    databaseUrl: read.DATABASE_URL ?? null,
    port: read.PORT,
    slack: slackSettings(read),
    freeCredits: read.FREE_CREDITS,
    byokPricePercent: read.BYOK_PRICE_PERCENT,
    keyring: read.VIDGENIE_KEYRING ?? null,
    providers: {
      keys: { openai: read.OPENAI_API_KEY ?? null, google: read.GOOGLE_API_KEY ?? null },
      openaiBaseUrl: read.OPENAI_BASE_URL ?? null,
      googleBaseUrl: read.GOOGLE_BASE_URL ?? null,
      googleApiVersion: read.GOOGLE_API_VERSION,
      googleCloud: read.GOOGLE_CLOUD_PROJECT
        ? { project: read.GOOGLE_CLOUD_PROJECT, location: read.GOOGLE_CLOUD_LOCATION }
        : null,
      models: { enhance: read.ENHANCE_MODEL ?? null, image: read.IMAGE_MODEL ?? null, video: read.VIDEO_MODEL ?? null },
      moderationWhenDown: read.MODERATION_WHEN_DOWN,
    },
    discord: read.DISCORD_TOKEN
      ? { token: read.DISCORD_TOKEN, publicKey: read.DISCORD_PUBLIC_KEY ?? null, apiUrl: read.DISCORD_API_URL }
      : null,
    demo: { stepMs: read.DEMO_STEP_MS, faults: read.DEMO_FAULTS },
  };
}

/** Variables that nobody but this program has to know. */
export const secretVariables = [
  'VIDGENIE_KEYRING',
  'OPENAI_API_KEY',
  'GOOGLE_API_KEY',
  'DISCORD_TOKEN',
  ...slackSecrets,
] as const;

/** Everything in the configuration that must never be printed. */
export function secretsOf({ providers, databaseUrl, discord, slack }: Config): Secret[] {
  const password = databaseUrl === null ? '' : decodeURIComponent(new URL(databaseUrl).password);
  const { openai, google } = providers.keys;
  const words = [password, discord?.token, slack?.botToken, slack?.appToken, slack?.signingSecret];
  const named = [...words, slack?.oauth?.clientSecret, slack?.oauth?.stateSecret].flatMap((word) => word || []);
  return [...(openai ? [openai] : []), ...(google ? [google] : []), ...named.map((word) => new Secret(word))];
}

function slackSettings(read: ReturnType<typeof readVariables>): SlackSettings | null {
  const { settings, problem } = readSlackSettings(read);
  if (problem !== null) throw new ConfigError(problem);
  return settings;
}
