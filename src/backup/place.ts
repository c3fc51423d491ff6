/** The place of a backup: a file or a prefix of a bucket. It holds contents under names such as `database/runs/000001.zst`. */
export type Place = {
  /** As the operator named it. */
  name: string;
  /**
   * True if every content that has a size is whole. False: after a power cut a content may have its size and lack its bytes, because
   * nothing is on the disk for certain before `finish`.
   */
  isDurable: boolean;
  /** Bytes of a content. Null if there is none of that name. */
  size: (name: string) => Promise<number | null>;
  /** Writes a content of `bytes` bytes. A later one of the same name replaces it. After an error there is none. */
  write: (name: string, bytes: number, content: AsyncIterable<Buffer>) => Promise<void>;
  /** Throws if there is no such content. */
  read: (name: string) => AsyncIterable<Buffer>;
  /** Makes everything that was written last, and the backup appear under its name. */
  finish: () => Promise<void>;
  close: () => Promise<void>;
};

/** The same place until the signal comes: then nothing more is written, and the backup does not become complete. */
export const heeding = (place: Place, signal: AbortSignal): Place => ({
  ...place,
  write: async (name, bytes, content) => {
    const heeded = async function* () {
      for await (const piece of content) {
        signal.throwIfAborted();
        yield piece;
      }
      signal.throwIfAborted();
    };
    await place.write(name, bytes, heeded());
  },
  finish: async () => {
    signal.throwIfAborted();
    await place.finish();
  },
});

export type Target = { kind: 'file'; path: string } | { kind: 'bucket'; bucket: string; prefix: string };

/** Reads `s3://bucket/prefix` or a path. Null: neither. */
export function readTarget(given: string): Target | null {
  if (!/^s3:/i.test(given)) return given === '' || given.endsWith('/') ? null : { kind: 'file', path: given };
  const [, bucket, prefix] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})\/([\w!.*'()/-]{1,400}?)\/?$/i.exec(given) ?? [];
  return bucket && prefix && !prefix.split('/').includes('') ? { kind: 'bucket', bucket, prefix } : null;
}

export async function collected(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

export async function* once(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}
