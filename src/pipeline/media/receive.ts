import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { probeImage, probeVideo } from './probe.ts';
import { type MediaType, sniff, sniffBytes } from './sniff.ts';

/** A file of our own in a temporary directory. Every value is measured, not taken from the sender. */
export type ReceivedFile = {
  path: string;
  kind: 'image' | 'video';
  mime: string;
  extension: string;
  width: number;
  height: number;
  /** Length of a video in seconds. Null for an image. */
  seconds: number | null;
  /** Null for an image. */
  hasAudio: boolean | null;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
};

export type RefusedMedia = {
  outcome: 'refused';
  reason: 'empty' | 'too_large' | 'unknown_type' | 'damaged' | 'too_many_pixels';
  detail: string;
};

export type ReceivedMedia = { outcome: 'received'; media: ReceivedFile } | RefusedMedia;

export type ReceiveOptions = {
  /** The folder of the temporary file. Created if missing. */
  directory: string;
  kind: 'image' | 'video';
  maxBytes: number;
  /** The maximum number of pixels on the longer side of an image. The header decides before anything is decoded. */
  maxSide?: number;
  /** The caller decodes the whole image later, so here its header is enough. */
  isDecodedLater?: boolean;
  signal: AbortSignal;
};

/**
 * Writes a stream to a temporary file in `directory`, chunk by chunk, and measures the file. The caller owns the file of a
 * received medium. In every other outcome no file is left. It throws if the stream fails or `signal` aborts, and leaves no file
 * then either.
 */
export async function receiveMedia(stream: Readable, options: ReceiveOptions): Promise<ReceivedMedia> {
  const path = join(options.directory, `receive-${randomUUID()}`);
  const received = await spool(stream, path, options)
    .then(async (spooled) => (spooled.outcome === 'spooled' ? measure(path, spooled, options) : spooled))
    .catch(async (error: unknown) => {
      await rm(path, { force: true });
      options.signal.throwIfAborted();
      throw error;
    });
  if (received.outcome === 'refused') await rm(path, { force: true });
  return received;
}

type Spooled = { outcome: 'spooled'; type: MediaType; bytes: number; sha256: string };

async function spool(stream: Readable, path: string, options: ReceiveOptions): Promise<Spooled | RefusedMedia> {
  // The stream may fail before the loop below listens. An 'error' event without a listener would end the whole process.
  stream.on('error', () => undefined);
  if (options.signal.aborted) stream.destroy();
  options.signal.throwIfAborted();
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  addAbortSignal(options.signal, stream);
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  let head = Buffer.alloc(0);
  let bytes = 0;
  try {
    // Leaving the loop early destroys the stream, so a refused sender is not read to its end.
    for await (const piece of stream) {
      const chunk = bytesOf(piece);
      bytes += chunk.length;
      if (bytes > options.maxBytes) {
        return { outcome: 'refused', reason: 'too_large', detail: `more than ${options.maxBytes} bytes` };
      }
      if (head.length < sniffBytes) {
        head = Buffer.concat([head, chunk]).subarray(0, sniffBytes);
        if (head.length === sniffBytes && sniff(head)?.kind !== options.kind) return unknownType(head, options.kind);
      }
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    stream.destroy();
    await file.close();
  }
  if (bytes === 0) return { outcome: 'refused', reason: 'empty', detail: 'not one byte came' };
  const type = sniff(head);
  if (type?.kind !== options.kind) return unknownType(head, options.kind);
  return { outcome: 'spooled', type, bytes, sha256: hash.digest('hex') };
}

async function measure(
  path: string,
  spooled: Spooled,
  limit: { maxSide?: number; isDecodedLater?: boolean },
): Promise<ReceivedMedia> {
  const { kind, mime, extension } = spooled.type;
  const file = { path, kind, mime, extension, bytes: spooled.bytes, sha256: spooled.sha256 };
  if (kind === 'image') {
    const image = await probeImage(path, limit);
    if (image.outcome === 'refused') return image;
    const { width, height } = image;
    return { outcome: 'received', media: { ...file, width, height, seconds: null, hasAudio: null } };
  }
  const video = await probeVideo(path);
  if (video.outcome === 'refused') return video;
  const { width, height, seconds, hasAudio } = video;
  return { outcome: 'received', media: { ...file, width, height, seconds, hasAudio } };
}

function unknownType(head: Buffer, expected: 'image' | 'video'): RefusedMedia {
  const found = sniff(head)?.mime ?? `bytes ${head.subarray(0, 8).toString('hex')}…`;
  const detail = `expected ${expected === 'image' ? 'a PNG, JPEG or WebP image' : 'an MP4 video'}, found ${found}`;
  return { outcome: 'refused', reason: 'unknown_type', detail };
}

function bytesOf(piece: unknown): Buffer {
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  if (typeof piece === 'string') return Buffer.from(piece, 'utf8');
  throw new TypeError(`a media stream gives bytes, not ${typeof piece}`);
}
