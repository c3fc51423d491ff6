import { surfaceOf } from '../bots/terminal/canvas.ts';

/** The reader of our output may stop reading, as `head` does. The work continues without it. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

export const print = (...lines: readonly string[]): void => {
  for (const line of lines) process.stdout.write(`${line}\n`);
};

export const printError = (...lines: readonly string[]): void => {
  for (const line of lines) process.stderr.write(`${line}\n`);
};

export const printJson = (value: unknown): void => print(JSON.stringify(value));

export const stdoutSurface = () => surfaceOf(process.stdout, process.env);

/** Resolves when everything written so far has left the process. */
export async function flushed(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  await Promise.all(
    streams.map((stream) => new Promise<void>((done) => (stream.writable ? stream.write('', () => done()) : done()))),
  );
}
