import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { requireFreeEncoder } from '../../pipeline/media/encoder.ts';
import { fitVideo, smallerImage } from '../../pipeline/media/fit.ts';
import type { MediaStore } from '../../pipeline/media/store.ts';
import type { CardMedia } from '../card.ts';
import type { AddressOf } from '../mediaAddress.ts';
import { shortId } from '../runCard.ts';
import type { Text } from '../text.ts';
import type { UploadFile } from './rest.ts';

export type Attachments = {
  files: { name: string; label: string; isSpoiler: boolean; file: UploadFile }[];
  /** The sentences about media that this server does not take. */
  lines: string[];
  /** The steps whose media nobody can fetch, because no link can be given. */
  unreached: number[];
  /** Removes the copies that were made. */
  dispose: () => Promise<void>;
};

type MediaOptions = { store: MediaStore; directory: string; signal: AbortSignal; text: Text; spoilers: boolean };

/**
 * Turns media into files that Discord takes: unchanged, or made smaller to fit `limitBytes`, or else a line with a link. Does not
 * retry what an earlier try gave up on (`givenUp`).
 */
export async function attach(
  media: readonly CardMedia[],
  order: Order,
  surroundings: MediaOptions & { addressOf: AddressOf },
): Promise<Attachments> {
  const copies: string[] = [];
  const dispose = async () => {
    await Promise.all(copies.map((copy) => rm(copy, { force: true })));
  };
  try {
    // We check this before we fetch anything.
    if (media.some((medium) => isToBeEncoded(medium, media, order))) requireFreeEncoder();
    return { ...(await filesOf(media, order, surroundings, copies)), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

type Order = { runId: string; limitBytes: number; givenUp: readonly number[] };

const isToBeEncoded = (medium: CardMedia, media: readonly CardMedia[], order: Order) =>
  medium.kind === 'video' &&
  medium.bytes > roomFor(medium, media, order) &&
  order.limitBytes > 0 &&
  !order.givenUp.includes(medium.step);

/**
 * A request holds 25 MiB, whatever a server's boosts allow for one file. Part of that is kept for the rest of the message. Bytes.
 */
export const maxRequestBytes = 25 * 1024 * 1024 - 256 * 1024;

/**
 * The size that a file may have in a message, in bytes: at most the server's limit. A video gets at most what the images leave,
 * because it can be made smaller.
 */
function roomFor({ kind }: CardMedia, media: readonly CardMedia[], { limitBytes, givenUp }: Order): number {
  const others = media.filter((one) => kind === 'video' && one.kind === 'image' && !givenUp.includes(one.step));
  const taken = others.reduce((sum, { bytes }) => sum + Math.min(bytes, limitBytes), 0);
  return Math.max(0, Math.min(limitBytes, maxRequestBytes - taken));
}

async function filesOf(
  media: readonly CardMedia[],
  order: Order,
  { store, directory, signal, text, spoilers, addressOf }: MediaOptions & { addressOf: AddressOf },
  copies: string[],
): Promise<Omit<Attachments, 'dispose'>> {
  const { runId, givenUp } = order;
  const files: Attachments['files'] = [];
  const lines: string[] = [];
  const unreached: number[] = [];
  const { tooLarge } = text.discord;
  for (const medium of media) {
    if (givenUp.includes(medium.step)) {
      lines.push(tooLarge.kept(medium.label, medium.objectKey));
      continue;
    }
    const original = await onDisk(store, medium.objectKey, directory, copies, signal);
    const limitBytes = roomFor(medium, media, order);
    const path = medium.bytes <= limitBytes ? original : await fitted(original, medium, limitBytes, directory, signal);
    if (path === null) {
      const address = await addressOf(medium.objectKey);
      lines.push(address ? tooLarge.link(medium.label, address.url) : tooLarge.kept(medium.label, medium.objectKey));
      if (!address) unreached.push(medium.step);
      continue;
    }
    if (path !== original) copies.push(path);
    const isJpeg = medium.kind === 'image' && path !== original;
    const mime = isJpeg ? 'image/jpeg' : medium.mime;
    // A file name never contains a member's words, because names end up in file systems.
    const isOne = media.filter(({ kind }) => kind === medium.kind).length === 1;
    const name = `${medium.kind}${isOne ? '' : `-${medium.step}`}-${shortId(runId)}.${extensions[mime] ?? 'bin'}`;
    const isSpoiler = spoilers || medium.isSpoiler === true;
    files.push({ name, label: medium.label, isSpoiler, file: { name, path, mime, isSpoiler } });
  }
  return { files, lines, unreached };
}

const extensions: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'video/mp4': 'mp4',
};

/** Returns an object's path on the disk. Uploads need a file, whichever store holds the object. */
async function onDisk(store: MediaStore, key: string, directory: string, copies: string[], signal: AbortSignal) {
  const link = await store.link(key);
  if (link.kind === 'file') return link.path;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `upload-${randomUUID()}`);
  copies.push(path);
  await pipeline(await store.open(key), createWriteStream(path), { signal });
  return path;
}

async function fitted(
  path: string,
  medium: CardMedia,
  maxBytes: number,
  directory: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (maxBytes === 0) return null;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (medium.kind === 'video') {
    return await fitVideo(path, { maxBytes, directory, signal });
  }
  const copy = await smallerImage(path, { maxSide: 2_048, directory });
  if ((await stat(copy)).size <= maxBytes) return copy;
  await rm(copy, { force: true });
  return null;
}

export const previewName = (step: number): string => `preview-${step}.jpg`;

/** Makes a small copy of an image, to show while the other steps still run. */
export async function preview(
  medium: CardMedia,
  { store, directory, signal, spoilers }: MediaOptions,
): Promise<{ file: UploadFile; dispose: () => Promise<void> }> {
  const copies: string[] = [];
  const original = await onDisk(store, medium.objectKey, directory, copies, signal);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = await smallerImage(original, { maxSide: 1_024, directory });
  const dispose = async () => {
    await Promise.all([path, ...copies].map((copy) => rm(copy, { force: true })));
  };
  const isSpoiler = spoilers || medium.isSpoiler === true;
  return { file: { name: previewName(medium.step), path, mime: 'image/jpeg', isSpoiler }, dispose };
}
