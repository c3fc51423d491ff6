import { writeSync } from 'node:fs';
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
    : openDestination();
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

/** How often a line is tried again while whoever reads standard error is slow, and the pause in between in milliseconds. */
const [maxTries, pauseMs] = [100, 20];

/**
 * Writes lines to standard error, and loses those that cannot be written. Standard error may be a file on a disk that is full, or a
 * pipe whose reader is gone. Neither must end the process.
 */
function openDestination() {
  const nap = new Int32Array(new SharedArrayBuffer(4));
  let isBroken = false;
  return {
    write: (line: string) => {
      let rest = Buffer.from(isBroken ? `\n${line}` : line);
      isBroken = false;
      for (let tries = 0; rest.length > 0; ) {
        try {
          rest = rest.subarray(writeSync(2, rest));
        } catch (error) {
          tries += 1;
          const isSlow = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
          if (!isSlow || tries > maxTries) {
            isBroken = true;
            return;
          }
          Atomics.wait(nap, 0, 0, pauseMs);
        }
      }
    },
  };
}
