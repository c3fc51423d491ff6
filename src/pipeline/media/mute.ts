import { stat } from 'node:fs/promises';
import { ALL_FORMATS, Conversion, FilePathSource, FilePathTarget, Input, Mp4OutputFormat, Output } from 'mediabunny';

/** Up to this size the index is put in front, so that players start before the end has arrived; it takes the file's size in memory. */
const bytesToFitInMemory = 32 * 1024 * 1024;

/**
 * Writes the MP4 at `source` to `target` without its sound. The pictures are copied as they are, never encoded again. Resolves to
 * false, and writes nothing, when there was no sound; throws when the file is no video that can be read.
 */
export async function dropSound(source: string, target: string): Promise<boolean> {
  const input = new Input({ source: new FilePathSource(source), formats: ALL_FORMATS });
  try {
    if ((await input.getAudioTracks()).length === 0) return false;
    const { size } = await stat(source);
    const format = new Mp4OutputFormat({ fastStart: size <= bytesToFitInMemory ? 'in-memory' : false });
    const output = new Output({ format, target: new FilePathTarget(target) });
    const conversion = await Conversion.init({ input, output, audio: { discard: true }, showWarnings: false });
    if (!conversion.isValid) throw new Error('the video cannot be copied without its sound');
    await conversion.execute();
    return true;
  } finally {
    input.dispose();
  }
}
