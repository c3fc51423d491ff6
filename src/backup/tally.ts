import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

/** Counts rows and bytes that pass, and their SHA-256. COPY ends each row with a line feed and writes none into a row. */
export type Tally = { rows: number; bytes: number; sha256: string };

/** A stream that passes everything on, and what has passed so far. Ask for the hash only at the end. */
export function createTally(onBytes: (bytes: number) => void = () => {}): { stream: Transform; result: () => Tally } {
  const hash = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  const stream = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk);
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows += 1;
      bytes += chunk.length;
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ rows, bytes, sha256: hash.digest('hex') }) };
}
