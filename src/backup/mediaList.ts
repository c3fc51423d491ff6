import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BackupError } from './error.ts';
import { createTally, type Tally } from './tally.ts';

/** A stored object as its row describes it. */
export type StoredObject = { key: string; bytes: number; sha256: string; mime: string };

/** The objects of a list: lines of key, bytes, SHA-256 and type. `send` writes the list into a stream. */
export async function* objectsOf(
  send: (to: PassThrough) => Promise<Tally>,
  sha256?: string,
): AsyncGenerator<StoredObject> {
  const rows = new PassThrough();
  const sent = send(rows);
  sent.catch((error: Error) => rows.destroy(error));
  let rest = '';
  try {
    for await (const chunk of rows) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [key = '', bytes = '', hash = '', mime = ''] = line.split('\t');
        yield { key, bytes: Number(bytes), sha256: hash, mime };
      }
    }
  } catch (error) {
    // The sender explains its error, and the stream only passes it on.
    await sent;
    throw error;
  }
  const found = await sent;
  if (sha256 !== undefined && found.sha256 !== sha256)
    throw new BackupError('The backup is damaged: its list of media was changed.');
}

/** The size and the hash of what passes. The content ends when `onEnd` has. */
export async function* hashed(
  content: AsyncIterable<Buffer>,
  onEnd: (found: { bytes: number; sha256: string }) => void | Promise<void>,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of content) {
    hash.update(piece);
    bytes += piece.length;
    yield piece;
  }
  await onEnd({ bytes, sha256: hash.digest('hex') });
}

/** The SHA-256 of a whole content. */
export async function hashOf(content: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of content) hash.update(piece);
  return hash.digest('hex');
}

/** Writes a content into a file, works with it, and removes the file. */
export async function withFile<T>(
  directory: string,
  content: AsyncIterable<Buffer>,
  work: (file: { path: string } & Pick<Tally, 'bytes' | 'sha256'>) => Promise<T>,
): Promise<T> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `object-${randomUUID()}`);
  const tally = createTally();
  try {
    const file = createWriteStream(path, { mode: 0o600 });
    await pipeline(Readable.from(content, { objectMode: false }), tally.stream, file);
    return await work({ path, ...tally.result() });
  } finally {
    await rm(path, { force: true });
  }
}
