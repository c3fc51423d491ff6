import type { Readable } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';

export type ZipEntry = { name: string; at: Date; open: () => Promise<Readable> };

type Sent = { entry: ZipEntry; offset: number; crc: number; packed: number; size: number };

/**
 * Streams entries as a ZIP archive. It reads them one after the other while it sends, so that memory never holds more than a
 * chunk. The files are already compressed. So we frame them (deflate without compression) and do not compress them again. Unlike
 * stored entries, framed ones may come before their sizes, and every archive program understands that. Names are ASCII. An
 * archive ends before 4 GiB.
 *
 * The layout follows PKWARE's APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12 and 4.3.16
 * (directory).
 */
export async function* zipped(entries: readonly ZipEntry[]): AsyncGenerator<Uint8Array> {
  const sent: Sent[] = [];
  let offset = 0;
  for (const entry of entries) {
    const header = record(localHeader, [...common(entry), 0, 0, 0, entry.name.length, 0], entry.name);
    yield header;
    const one: Sent = { entry, offset, crc: 0, packed: 0, size: 0 };
    for await (const chunk of framed(await entry.open(), one)) {
      one.packed += chunk.byteLength;
      yield chunk;
    }
    yield record(descriptor, [0x08074b50, one.crc, one.packed, one.size]);
    offset += header.byteLength + one.packed + sizeOf(descriptor);
    sent.push(one);
  }
  let bytes = 0;
  for (const one of sent) {
    const { name } = one.entry;
    const sizes = [one.crc, one.packed, one.size];
    const row = record(directoryRow, [...listed(one.entry), ...sizes, name.length, 0, 0, 0, 0, 0, one.offset], name);
    bytes += row.byteLength;
    yield row;
  }
  yield record(directoryEnd, [0x06054b50, 0, 0, sent.length, sent.length, bytes, offset, 0]);
}

/** The size of each field of a record, in bytes and in order. */
const localHeader = [4, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2] as const;
const descriptor = [4, 4, 4, 4] as const;
const directoryRow = [4, 2, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2, 2, 2, 2, 4, 4] as const;
const directoryEnd = [4, 2, 2, 2, 2, 4, 4, 2] as const;

const sizeOf = (fields: readonly number[]): number => fields.reduce((sum, bytes) => sum + bytes, 0);

/** Version 2.0; sizes follow the data (bit 3); deflate. */
const described = [20, 0b1000, 8] as const;
const common = ({ at }: ZipEntry) => [0x04034b50, ...described, ...dosTime(at)];
const listed = ({ at }: ZipEntry) => [0x02014b50, 20, ...described, ...dosTime(at)];

/** A time in DOS format: two-second precision, since 1980. */
function dosTime(at: Date): [time: number, date: number] {
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return [time, ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate()];
}

function record(fields: readonly number[], values: readonly number[], name = ''): Uint8Array {
  const bytes = Buffer.alloc(sizeOf(fields) + name.length);
  let at = 0;
  fields.forEach((width, index) => {
    at = bytes.writeUIntLE((values[index] ?? 0) >>> 0, at, width);
  });
  bytes.write(name, at, 'latin1');
  return bytes;
}

/** Frames the bytes of `source`. At the end, `one` holds the counts. */
async function* framed(source: Readable, one: Sent): AsyncGenerator<Uint8Array> {
  const framing = createDeflateRaw({ level: 0 });
  source.on('data', (chunk: Buffer) => {
    one.crc = crc32(chunk, one.crc);
    one.size += chunk.byteLength;
  });
  source.on('error', (error) => framing.destroy(error));
  source.pipe(framing);
  try {
    for await (const chunk of framing) yield chunk;
  } finally {
    // A reader who leaves midway leaves no file open.
    source.destroy();
  }
}
