import { resolve } from 'node:path';
import { z } from 'zod';
import type { SlackSettings } from './bots/slack/settings.ts';
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

const webUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'is not a web address')
  .transform((value) => (value.endsWith('/') ? value : `${value}/`));

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
  SLACK_API_URL: { read: webUrl.default('https://slack.com/api/'), example: 'https://slack.com/api/' },
  FREE_CREDITS: { read: wholeNumber(0, 1_000_000).default(100), example: '100' },
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
  demo: { stepMs: number; faults: ReturnType<typeof readVariables>['DEMO_FAULTS'] };
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
  return {
    role: read.VIDGENIE_ROLE,
    home: resolve(read.VIDGENIE_HOME),
    logLevel: read.LOG_LEVEL ?? null,
    databaseUrl: read.DATABASE_URL ?? null,
    port: read.PORT,
    slack: slackSettings(read),
    freeCredits: read.FREE_CREDITS,
    demo: { stepMs: read.DEMO_STEP_MS, faults: read.DEMO_FAULTS },
  };
}

/** Slack needs a way to be heard, and then a token: the operator's own, or those that installations bring. */
function slackSettings(read: ReturnType<typeof readVariables>): SlackSettings | null {
  const { SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET } = read;
  const { SLACK_CLIENT_ID, SLACK_CLIENT_SECRET, SLACK_STATE_SECRET } = read;
  const names = { SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET };
  const installing = { SLACK_CLIENT_ID, SLACK_CLIENT_SECRET, SLACK_STATE_SECRET };
  const isSet = (value: string | undefined) => value !== undefined;
  if (!Object.values({ ...names, ...installing }).some(isSet)) return null;
  const lacking = (needed: Record<string, string | undefined>) =>
    Object.entries(needed).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (!SLACK_APP_TOKEN && !SLACK_SIGNING_SECRET) {
    throw new ConfigError('Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) as well');
  }
  if (SLACK_APP_TOKEN && !SLACK_BOT_TOKEN) throw new ConfigError('SLACK_APP_TOKEN needs SLACK_BOT_TOKEN as well');
  if (Object.values(installing).some(isSet) && lacking(installing).length > 0) {
    throw new ConfigError(`Installing in Slack needs ${lacking(installing).join(', ')} as well`);
  }
  const oauth =
    SLACK_CLIENT_ID && SLACK_CLIENT_SECRET && SLACK_STATE_SECRET
      ? { clientId: SLACK_CLIENT_ID, clientSecret: SLACK_CLIENT_SECRET, stateSecret: SLACK_STATE_SECRET }
      : null;
  if (!SLACK_BOT_TOKEN && !oauth) {
    throw new ConfigError('Slack needs SLACK_BOT_TOKEN, or SLACK_CLIENT_ID and its secrets to be installed by others');
  }
  return {
    botToken: SLACK_BOT_TOKEN ?? null,
    appToken: SLACK_APP_TOKEN ?? null,
    signingSecret: SLACK_SIGNING_SECRET ?? null,
    oauth,
    apiUrl: read.SLACK_API_URL,
  };
}
