import { createHash } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny';
import { expect, test } from 'vitest';
import { dropSound } from '../../../../src/pipeline/media/mute.ts';
import { makeFilm } from '../../../support/films.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

const video = (path: string, sound: boolean): Promise<string> =>
  makeFilm(path, {
    picture: 'testsrc=duration=2:size=320x180:rate=24',
    sound: sound ? 'sine=frequency=440:duration=2' : null,
  });

/** The content of a file: its tracks, and its encoded pictures. */
async function contentOf(path: string): Promise<{ tracks: string[]; pictures: string; seconds: number }> {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const tracks = await input.getTracks();
  const track = await input.getPrimaryVideoTrack();
  if (!track) throw new Error('there is no video track');
  const hash = createHash('sha256');
  for await (const packet of new EncodedPacketSink(track).packets()) {
    hash.update(`${packet.timestamp} ${packet.duration} ${packet.type} `).update(packet.data);
  }
  const seconds = await track.computeDuration();
  input.dispose();
  return { tracks: tracks.map(({ type }) => type), pictures: hash.digest('hex'), seconds };
}

test('the sound is dropped, and every picture stays as it was encoded', async () => {
  const directory = await temporaryDirectory();
  const source = await video(join(directory, 'loud.mp4'), true);
  const target = join(directory, 'mute.mp4');
  expect((await contentOf(source)).tracks.sort()).toEqual(['audio', 'video']);
  expect(await dropSound(source, target)).toBe(true);
  const { pictures, seconds } = await contentOf(source);
  expect(await contentOf(target)).toEqual({ tracks: ['video'], pictures, seconds });
});

test('a video without sound is left alone', async () => {
  const directory = await temporaryDirectory();
  const target = join(directory, 'mute.mp4');
  expect(await dropSound(await video(join(directory, 'silent.mp4'), false), target)).toBe(false);
  await expect(stat(target)).rejects.toThrow();
});

test('what is no video is refused', async () => {
  const directory = await temporaryDirectory();
  const source = join(directory, 'text.mp4');
  await writeFile(source, 'not a video');
  await expect(dropSound(source, join(directory, 'mute.mp4'))).rejects.toThrow();
});
