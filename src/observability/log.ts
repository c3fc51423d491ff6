import { type Logger as PinoLogger, pino } from 'pino';
import pretty from 'pino-pretty';
import { z } from 'zod';
import type { Secret } from '../db/secret.ts';
import { scrub, scrubValue } from './scrub.ts';

/** The log of every part of the program: facts first, then a sentence. */
export type Logger = {
  debug: (facts: object, message: string) => void;
  info: (facts: object, message: string) => void;
  warn: (facts: object, message: string) => void;
  error: (facts: object, message: string) => void;
};

/** Receives every line of the log as JSON, after secrets were removed. */
export type LogSink = { write: (line: string) => void };

const record = z.record(z.string(), z.unknown());

/**
 * Logs to stderr: as lines for people, as JSON for machines. Everything passes the scrubber. Of an error it keeps only name,
 * message, stack and cause, because SDKs attach headers, bodies and tokens to theirs. `secrets` are also matched literally. `sink`
 * gets a copy of each line.
 */
export function createLog(
  level: string,
  isTerminal: boolean,
  secrets: readonly Secret[] = [],
  sink: LogSink | null = null,
): PinoLogger {
  const options = {
    level,
    base: { pid: process.pid },
    // By then the scrubber has turned errors into plain objects. Pino's own serializer would add their fields again.
    serializers: { err: (error: unknown) => error },
    formatters: { log: (facts: object) => record.parse(scrubValue(facts, secrets)) },
    hooks: {
      logMethod(this: PinoLogger, args: Parameters<pino.LogFn>, method: pino.LogFn) {
        const [facts, message, ...rest] = args;
        if (typeof facts === 'string') method.apply(this, [scrub(facts, secrets)]);
        else method.apply(this, [facts, typeof message === 'string' ? scrub(message, secrets) : message, ...rest]);
      },
    },
  };
  const stderr = isTerminal
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })
    : pino.destination({ dest: 2, sync: true });
  if (!sink) return pino(options, stderr);
  // The logger itself drops lines below its level.
  const all = { level: 'trace' } as const;
  return pino(
    options,
    pino.multistream([
      { ...all, stream: stderr },
      { ...all, stream: sink },
    ]),
  );
}
