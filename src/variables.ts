import { z } from 'zod';
import { slackSecrets } from './bots/slack/settings.ts';
import { Secret } from './db/secret.ts';
import { defaultLimits, vendorTable } from './domain.ts';
import {
  aliases,
  demoFaults,
  httpUrl,
  keyring,
  postgresUrl,
  redisUrl,
  secret,
  token,
  videoSeconds,
  videoSizes,
  wholeNumber,
} from './variableForms.ts';

export const roles = ['all', 'bot', 'worker'] as const;
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Every variable: how it is read, and an example for its error message. */
export const variables = z.object({
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

/** The operator's own keys of the vendors that VidGenie knows. */
export const keyVariables = z.object(
  Object.fromEntries(
    vendorTable.map(({ keyVariable, keyExample }) => [keyVariable, secret.optional().meta({ example: keyExample })]),
  ),
);

export const knownVariables = (): string[] => [
  ...Object.keys(variables.shape),
  ...Object.keys(keyVariables.shape),
  ...secretVariables.map((name) => `${name}_FILE`),
];

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
