import type { FileHandle } from 'node:fs/promises';

/** The formats that VidGenie handles. It refuses anything else, no matter which name or type the sender claims. */
const mediaTypes = {
  png: { kind: 'image', mime: 'image/png', extension: 'png' },
  jpeg: { kind: 'image', mime: 'image/jpeg', extension: 'jpg' },
  webp: { kind: 'image', mime: 'image/webp', extension: 'webp' },
  mp4: { kind: 'video', mime: 'video/mp4', extension: 'mp4' },
} as const;
export type MediaType = (typeof mediaTypes)[keyof typeof mediaTypes];

/** The longest prefix that {@link sniff} looks at. */
export const sniffBytes = 12;

/** Detects a media type by its first bytes. Null if VidGenie does not handle it. */
export function sniff(head: Buffer): MediaType | null {
  if (head.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) return mediaTypes.png;
  if (head.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return mediaTypes.jpeg;
  if (ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP') return mediaTypes.webp;
  if (ascii(head, 4, 8) === 'ftyp' && !stillBrands.has(ascii(head, 8, 12))) return mediaTypes.mp4;
  return null;
}

/** HEIF and AVIF images use the same container as MP4. */
const stillBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1', 'avif', 'avis']);

function ascii(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end);
}

/**
 * Whether the boxes of an MP4 end inside the file. In a truncated download the last box claims more bytes than are there. Players
 * and header readers do not notice that.
 */
export async function isWholeMp4(file: FileHandle): Promise<boolean> {
  const { size: fileBytes } = await file.stat();
  const header = Buffer.alloc(16);
  let position = 0;
  while (position + 8 <= fileBytes) {
    const { bytesRead } = await file.read(header, 0, 16, position);
    const short = header.readUInt32BE(0);
    // A size of 0 means "up to the end of the file", and 1 that a 64-bit size follows the name.
    if (short === 0) return true;
    if (short === 1 && bytesRead < 16) return false;
    const boxBytes = short === 1 ? Number(header.readBigUInt64BE(8)) : short;
    if (boxBytes < 8) return false;
    position += boxBytes;
  }
  return position === fileBytes;
}

/** Whether a PNG is animated: it has an `acTL` chunk before the first pixels, which decoders of still images ignore. */
export async function isAnimatedPng(file: FileHandle): Promise<boolean> {
  const { size: fileBytes } = await file.stat();
  const header = Buffer.alloc(8);
  let position = 8;
  while (position + 8 <= fileBytes) {
    await file.read(header, 0, 8, position);
    const name = ascii(header, 4, 8);
    if (name === 'acTL') return true;
    if (name === 'IDAT') return false;
    position += 12 + header.readUInt32BE(0);
  }
  return false;
}
