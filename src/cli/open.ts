import { BackupError } from '../backup/error.ts';
import { text } from '../bots/terminal/person.ts';
import { type Config, readConfig, secretsOf } from '../config.ts';
import { unfinishedMove } from '../db/embedded/moveNote.ts';
import { isDatabaseAway } from '../db/failures.ts';
import { createLog, type Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Telemetry } from '../observability/telemetry.ts';
import { StorageError } from '../pipeline/media/store.ts';
import type { Program } from '../program.ts';
import { secretVariables } from '../variables.ts';
import { exitStatus, OperatorError } from './exit.ts';
import { databaseName, reasonOf } from './explain.ts';
import { printError } from './output.ts';

/**
 * Reads `.env` of this folder, if there is one, and then the environment, which wins. `look` sees the environment before the secrets
 * are removed from it.
 */
export function configure(look: (environment: NodeJS.ProcessEnv) => void = () => {}): Config {
  try {
    process.loadEnvFile();
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) throw new OperatorError(text.operator.badEnvFile(reasonOf(error)), exitStatus.misused, error);
  }
  const config = readConfig(process.env);
  look(process.env);
  // Child processes inherit the environment, and SDKs read it without our knowledge.
  for (const name of secretVariables) delete process.env[name];
  return config;
}

export type Opening = {
  worker: boolean;
  /** The log level if `LOG_LEVEL` does not set one. */
  logLevel: 'silent' | 'warn' | 'info';
  /** A configuration that was read before. A second reading finds no secrets in the environment any more. */
  config?: Config;
  metrics?: Metrics;
};

export type Opened = { program: Program; log: Logger; signal: AbortSignal };

/**
 * Opens the program, does some work, and stops the program in good order, also if a signal ends the work early. The first
 * signal asks it to stop; the second ends the process at once. Resolves with the exit status.
 */
export async function withProgram(opening: Opening, work: (opened: Opened) => Promise<number>): Promise<number> {
  const config = opening.config ?? configure();
  const telemetry = await openTelemetry(config, opening);
  const logLevel = config.logLevel ?? opening.logLevel;
  const log = createLog(logLevel, process.stderr.isTTY, secretsOf(config), telemetry?.logs);
  const signals = heedSignals(() => log.fatal({ afterMs: lastResortMs }, text.operator.stuck));
  try {
    const program = await open(config, log, opening);
    try {
      const status = signals.signal.aborted
        ? exitStatus.interrupted
        : await work({ program, log, signal: signals.signal });
      return signals.status() ?? status;
    } catch (error) {
      throw isDatabaseAway(error) && !isExplained(error) ? databaseError(error, config) : error;
    } finally {
      await program.stop();
    }
  } finally {
    await telemetry?.close();
    signals.ignore();
  }
}

/** Only a process that serves sends telemetry: a command would have to wait until it is received. */
async function openTelemetry({ telemetryUrl }: Config, { metrics }: Opening): Promise<Telemetry | null> {
  if (telemetryUrl === null || !metrics) return null;
  return (await import('../observability/telemetry.ts')).openTelemetry(telemetryUrl, metrics);
}

/** Does some work that the first signal asks to stop. Resolves with the exit status. */
export async function withSignals(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const signals = heedSignals(() => {});
  try {
    const status = await work(signals.signal);
    return signals.status() ?? status;
  } catch (error) {
    const status = signals.status();
    if (status === null) throw error;
    return status;
  } finally {
    signals.ignore();
  }
}

export async function refuseUnfinishedMove(home: string): Promise<void> {
  const unfinished = await unfinishedMove(home);
  if (unfinished !== null) throw new OperatorError(unfinished, exitStatus.failed);
}

async function open(config: Config, log: Logger, { worker, metrics }: Opening): Promise<Program> {
  await refuseUnfinishedMove(config.home);
  const { openProgram } = await import('../program.ts');
  try {
    return await openProgram(config, log, { worker, ...(metrics ? { metrics } : {}) });
  } catch (error) {
    throw openingError(error, config);
  }
}

/** SQLSTATE classes of a refused log-in and of a missing database, and the error codes of an unknown host name. */
const unusable = /^(28|3D000|42501|ENOTFOUND|EAI_AGAIN)/;

/** An error while the program opens mostly comes from its environment. Then its message is a sentence for the operator. */
export function openingError(error: unknown, config: Config): unknown {
  if (isExplained(error)) return error;
  const code = codeOf(error);
  if (config.databaseUrl !== null && (isDatabaseAway(error) || unusable.test(code)))
    return databaseError(error, config);
  const isSentence =
    config.databaseUrl === null && error instanceof Error && error.name === 'Error' && !('code' in error);
  return isSentence ? new OperatorError(reasonOf(error), exitStatus.failed, error) : error;
}

/** Its message is a sentence for the operator. Its cause may be that another server than the database is away. */
const isExplained = (error: unknown): boolean => error instanceof StorageError || error instanceof BackupError;

function databaseError(error: unknown, { databaseUrl }: Config): OperatorError {
  const line = text.operator.unreachableDatabase(databaseName(databaseUrl), reasonOf(error));
  return new OperatorError(line, exitStatus.failed, error);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}

/**
 * Supervisors give a process ten seconds to stop. Every part has its own limit; this one is for a hang that we did not foresee.
 * Milliseconds.
 */
const lastResortMs = 9_500;

function heedSignals(onStuck: () => void) {
  const stopping = new AbortController();
  let status: number | null = null;
  const heed = (name: NodeJS.Signals) => {
    const next = name === 'SIGINT' ? exitStatus.interrupted : exitStatus.terminated;
    if (status !== null) process.exit(next);
    status = next;
    stopping.abort();
    setTimeout(() => {
      onStuck();
      process.exit(exitStatus.failed);
    }, lastResortMs).unref();
  };
  process.on('SIGINT', heed);
  process.on('SIGTERM', heed);
  return {
    signal: stopping.signal,
    status: () => status,
    ignore: () => {
      process.off('SIGINT', heed);
      process.off('SIGTERM', heed);
      if (status !== null) printError(text.operator.interrupted);
    },
  };
}
