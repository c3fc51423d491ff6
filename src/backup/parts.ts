import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { Codec } from './encryption.ts';
import { BackupError } from './error.ts';
import { collected, once, type Place } from './place.ts';
import { createTally, type Tally } from './tally.ts';

/** In bytes. A compressed table is cut into parts of this size, so that a part fits into memory and its size is known before it is written. */
const partBytes = 8 * 1024 * 1024;
/** zstd's own default. */
const level = 3;

export type Store = { place: Place; codec: Codec };

const nameOf = (base: string, part: number): string => `${base}/${String(part).padStart(6, '0')}.zst`;

/** Compresses what `send` writes into a stream, and writes it as parts. */
export async function writeParts(
  { place, codec }: Store,
  base: string,
  send: (to: Writable) => Promise<Tally>,
): Promise<Tally & { parts: number }> {
  const compress = createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  const written = pipeline(compress, async (chunks: AsyncIterable<Buffer>) => {
    let parts = 0;
    for await (const content of inParts(chunks)) {
      parts += 1;
      const name = nameOf(base, parts);
      await place.write(name, codec.storedBytes(content.length), codec.encode(name, once(content)));
    }
    return parts;
  });
  const [sent, wrote] = await Promise.allSettled([send(compress), written]);
  // An error of either side ends the stream, and the reader of the stream knows which it was.
  if (wrote.status === 'rejected') throw wrote.reason;
  if (sent.status === 'rejected') throw sent.reason;
  return { ...sent.value, parts: wrote.value };
}

async function* inParts(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    kept.push(chunk);
    bytes += chunk.length;
    for (; bytes >= partBytes; bytes -= partBytes) {
      const all = Buffer.concat(kept);
      yield all.subarray(0, partBytes);
      kept = [all.subarray(partBytes)];
    }
  }
  yield Buffer.concat(kept);
}

/** Reads parts back into a stream, and ends it. */
export async function partsFrom(
  { place, codec }: Store,
  { base, parts }: { base: string; parts: number },
  to: Writable,
  onBytes?: (bytes: number) => void,
): Promise<Tally> {
  const tally = createTally(onBytes);
  const stored = async function* () {
    for (let number = 1; number <= parts; number += 1) {
      const name = nameOf(base, number);
      // A bucket ends a connection from which nobody reads for half a minute, and the objects of one part may take hours to copy.
      const part = await collected(place.read(name));
      yield* codec.decode(name, once(part));
    }
  };
  try {
    await pipeline(Readable.from(stored(), { objectMode: false }), createZstdDecompress(), tally.stream, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (/^(ZSTD_|Z_)/.test(code)) throw new BackupError(`The backup is damaged: ${base} cannot be unpacked.`);
    throw error;
  }
  return tally.result();
}
