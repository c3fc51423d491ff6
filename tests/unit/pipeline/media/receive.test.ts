import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { receiveMedia } from '../../../../src/pipeline/media/receive.ts';
import { picture, sampleVideo } from '../../../support/mediaSamples.ts';

let root = '';
let directory = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vidgenie-receive-'));
  directory = join(root, 'incoming');
  await mkdir(directory);
});
afterEach(async () => {
  for (const name of await readdir(directory)) await rm(join(directory, name));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const pieces = (bytes: Buffer, size = 1000) => {
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size));
  return Readable.from(chunks, { objectMode: false });
};
const receive = (stream: Readable, kind: 'image' | 'video', options: { maxBytes?: number; maxSide?: number } = {}) =>
  receiveMedia(stream, { directory, kind, maxBytes: 5_000_000, signal: new AbortController().signal, ...options });

describe('receiving media', () => {
  it.each([
    ['png', 'image/png', 'png'],
    ['jpeg', 'image/jpeg', 'jpg'],
    ['webp', 'image/webp', 'webp'],
  ] as const)('measures a %s image', async (format, mime, extension) => {
    const bytes = await picture(61, 43).toFormat(format).toBuffer();
    const received = await receive(pieces(bytes, 5), 'image');
    expect(received).toMatchObject({
      outcome: 'received',
      media: { kind: 'image', mime, extension, width: 61, height: 43, seconds: null, hasAudio: null },
    });
    if (received.outcome !== 'received') return;
    expect(received.media.bytes).toBe(bytes.length);
    expect(received.media.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect((await readFile(received.media.path)).equals(bytes)).toBe(true);
  });

  it.each([
    { audio: true, faststart: true },
    { audio: false, faststart: false },
  ])('measures a video: %o', async (options) => {
    const path = await sampleVideo(root, options);
    const received = await receive(createReadStream(path), 'video');
    expect(received).toMatchObject({
      outcome: 'received',
      media: { kind: 'video', mime: 'video/mp4', extension: 'mp4', width: 160, height: 90, hasAudio: options.audio },
    });
    expect(received.outcome === 'received' && received.media.seconds).toBeCloseTo(1, 1);
  });

  it.each([
    { audio: true, faststart: true },
    { audio: false, faststart: false },
  ])('refuses a video that breaks off anywhere: %o', async (options) => {
    const bytes = await readFile(await sampleVideo(root, options));
    for (const part of [0.2, 0.6, 0.95]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));
      expect(await receive(pieces(cut), 'video')).toMatchObject({ outcome: 'refused', reason: 'damaged' });
    }
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([
    { format: 'png' },
    { format: 'png', progressive: true },
    { format: 'jpeg' },
    { format: 'jpeg', progressive: true },
    { format: 'webp' },
  ] as const)('refuses an image that breaks off: %o', async ({ format, ...options }) => {
    const bytes = await picture(300, 300).toFormat(format, options).toBuffer();
    for (const part of [0.02, 0.5, 0.95]) {
      const cut = bytes.subarray(0, Math.max(20, Math.floor(bytes.length * part)));
      expect(await receive(pieces(cut), 'image')).toMatchObject({ outcome: 'refused', reason: 'damaged' });
    }
    expect(await readdir(directory)).toEqual([]);
  });

  it('refuses a png with a wrong byte in its pixels', async () => {
    const bytes = await picture(300, 300).png().toBuffer();
    const at = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x55, at);
    expect(await receive(pieces(bytes), 'image')).toMatchObject({ outcome: 'refused', reason: 'damaged' });
  });

  it('tells empty, unknown, swapped and too large apart, and leaves no file', async () => {
    const png = await picture(50, 50).png().toBuffer();
    const mp4 = await readFile(await sampleVideo(root, { audio: false, faststart: true }));
    const html = Buffer.from('<!doctype html><title>502 Bad Gateway</title>');
    const reason = async (stream: Readable, kind: 'image' | 'video', options = {}) => {
      const received = await receive(stream, kind, options);
      return received.outcome === 'refused' ? received.reason : received.outcome;
    };
    expect(await reason(Readable.from([]), 'image')).toBe('empty');
    expect(await reason(pieces(html), 'video')).toBe('unknown_type');
    expect(await reason(pieces(Buffer.from('x')), 'image')).toBe('unknown_type');
    expect(await reason(pieces(png), 'video')).toBe('unknown_type');
    expect(await reason(pieces(mp4), 'image')).toBe('unknown_type');
    expect(await reason(pieces(png), 'image', { maxBytes: png.length - 1 })).toBe('too_large');
    expect(await reason(pieces(png), 'image', { maxSide: 49 })).toBe('too_many_pixels');
    expect(await readdir(directory)).toEqual([]);
  });

  it('stops reading as soon as the limit is passed', async () => {
    let given = 0;
    const head = (await picture(8, 8).png().toBuffer()).subarray(0, 40);
    const endless = Readable.from(
      (function* () {
        yield head;
        for (;;) {
          given += 1000;
          yield Buffer.alloc(1000);
        }
      })(),
      { objectMode: false },
    );
    expect(await receive(endless, 'image', { maxBytes: 20_000 })).toMatchObject({ reason: 'too_large' });
    expect(given).toBeLessThan(120_000);
    expect(endless.destroyed).toBe(true);
  });

  it('rejects with the reason of an abort, before and while reading, and leaves no file', async () => {
    const png = await picture(50, 50).png().toBuffer();
    const gone = new Error('run was canceled');
    const early = receiveMedia(pieces(png), {
      directory,
      kind: 'image',
      maxBytes: 1e6,
      signal: AbortSignal.abort(gone),
    });
    await expect(early).rejects.toBe(gone);
    const controller = new AbortController();
    const stalled = new Readable({ read() {} });
    stalled.push(png.subarray(0, 100));
    stalled.once('resume', () => controller.abort(gone));
    stalled.once('readable', () => controller.abort(gone));
    const late = receiveMedia(stalled, { directory, kind: 'image', maxBytes: 1e6, signal: controller.signal });
    await expect(late).rejects.toBe(gone);
    expect(await readdir(directory)).toEqual([]);
  });

  it('passes on a failure of the stream, and leaves no file', async () => {
    const broken = new Readable({ read() {} });
    broken.push((await picture(50, 50).png().toBuffer()).subarray(0, 100));
    broken.once('readable', () => broken.destroy(new Error('socket hang up')));
    await expect(receive(broken, 'image')).rejects.toThrow('socket hang up');
    expect(await readdir(directory)).toEqual([]);
  });
});
