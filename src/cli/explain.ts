import { BackupError } from '../backup/error.ts';
import { text } from '../bots/terminal/person.ts';
import { ConfigError } from '../config.ts';
import { StorageError } from '../pipeline/media/store.ts';
import { exitStatus, OperatorError } from './exit.ts';

/** One line for the person at the terminal, and the exit status. Only an unexpected error shows its stack, and only on request. */
export function explain(error: unknown, environment: NodeJS.ProcessEnv): { lines: string[]; status: number } {
  if (error instanceof OperatorError) return { lines: [error.message], status: error.status };
  if (error instanceof ConfigError) return { lines: error.message.split('\n'), status: exitStatus.misused };
  if (error instanceof StorageError || error instanceof BackupError)
    return { lines: [error.message], status: exitStatus.failed };
  const line = text.operator.unexpected(reasonOf(error));
  const stack = error instanceof Error && isDebugging(environment) ? [error.stack ?? ''] : [];
  return { lines: [line, ...stack], status: exitStatus.failed };
}

const isDebugging = (environment: NodeJS.ProcessEnv) => /^(debug|trace)$/.test(environment.LOG_LEVEL ?? '');

/** The address of a database, without the name and the password of its user. */
export function databaseName(url: string | null): string {
  const parsed = url === null ? null : URL.parse(url);
  return parsed ? `${parsed.host}${parsed.pathname}` : 'of this home';
}

/** The most specific message of an error. Node's socket errors may have only a code. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  const cause = error.cause instanceof Error ? error.cause : null;
  // Drizzle's message is the whole statement with its values. The cause is the database's own message.
  if (cause && error.message.startsWith('Failed query')) return reasonOf(cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message || code || error.name;
}
