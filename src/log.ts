import { type Logger, pino, stdSerializers } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

/** Logs to stderr: people read lines, machines read JSON. Whatever is in an error's fields stays out, but for its code and cause. */
export function createLog(level: string, isTerminal: boolean): Logger {
  const options = {
    level,
    base: { pid: process.pid },
    serializers: {
      error: (error: unknown) =>
        error instanceof Error ? briefly(error) : stdSerializers.err.call(null, new Error(String(error))),
    },
  };
  if (!isTerminal) return pino(options, pino.destination({ dest: 2, sync: true }));
  return pino(options, pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }));
}

type BriefError = { type: string; message: string; stack?: string | undefined; code?: string; cause?: BriefError };

/** SDK errors carry headers, bodies and tokens in their fields: only what we name is written. */
function briefly(error: Error): BriefError {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = error.cause instanceof Error ? { cause: briefly(error.cause) } : {};
  return { type: error.name, message: error.message, stack: error.stack, ...code, ...cause };
}
