import { readArguments } from './arguments.ts';
import { loadNative } from './native.ts';
import { transcode } from './transcode.ts';

// A program of its own that is called like ffmpeg, with the few arguments that our code uses: films are decoded outside the process that
// holds the keys, and one that breaks the decoder breaks nothing else.
const words = process.argv.slice(2);
let code = 0;
try {
  const native = loadNative();
  if (words.includes('-version')) process.stdout.write(`ffmpeg version ${native.getFFmpegInfo().version}\n`);
  else transcode(native, readArguments(words));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  code = 1;
}
// At once: the library frees some of what it made twice when JavaScript's garbage is collected, and the process is over anyway.
process.exit(code);
