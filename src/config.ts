import { resolve } from 'node:path';
import { z } from 'zod';
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

/** Every variable: how it is read, and an example for the one line that somebody gets who misspells it. */
const variables = {
  VIDGENIE_ROLE: { read: z.enum(roles, `is not one of ${roles.join(', ')}`).default('all'), example: 'all' },
  VIDGENIE_HOME: { read: z.string().default('.vidgenie'), example: '/var/lib/vidgenie' },
  LOG_LEVEL: { read: z.enum(logLevels, `is not one of ${logLevels.join(', ')}`).optional(), example: 'info' },
  DATABASE_URL: { read: postgresUrl.optional(), example: 'postgres://vidgenie:secret@db.example:5432/vidgenie' },
  FREE_CREDITS: { read: wholeNumber(0, 1_000_000).default(100), example: '100' },
  PORT: { read: wholeNumber(0, 65_535).default(3_000), example: '3000' },
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
  freeCredits: number;
  /** Where the one HTTP server listens. */
  port: number;
  /** Null: no Discord. */
  discord: { token: string; publicKey: string | null; apiUrl: string } | null;
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
  FREE_CREDITS: variables.FREE_CREDITS.read,
  PORT: variables.PORT.read,
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
  return {
    role: read.VIDGENIE_ROLE,
    home: resolve(read.VIDGENIE_HOME),
    logLevel: read.LOG_LEVEL ?? null,
    databaseUrl: read.DATABASE_URL ?? null,
    freeCredits: read.FREE_CREDITS,
    port: read.PORT,
    discord: read.DISCORD_TOKEN
      ? { token: read.DISCORD_TOKEN, publicKey: read.DISCORD_PUBLIC_KEY ?? null, apiUrl: read.DISCORD_API_URL }
      : null,
    demo: { stepMs: read.DEMO_STEP_MS, faults: read.DEMO_FAULTS },
  };
}
