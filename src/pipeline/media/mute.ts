import { stat } from 'node:fs/promises';
import { ALL_FORMATS, Conversion, FilePathSource, FilePathTarget, Input, Mp4OutputFormat, Output } from 'mediabunny';

/**
 * In bytes. Up to this size the index goes to the front, so that players start before the whole file has arrived. That takes the
 * file's size in memory.
 */
const bytesToFitInMemory = 32 * 1024 * 1024;

/**
 * Writes the MP4 at `source` to `target` without its audio. It copies the video track and does not encode it again. Returns false
 * and writes nothing if there was no audio. Throws if the file is not a readable video.
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
