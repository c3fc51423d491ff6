import { readArguments } from './arguments.ts';
import { loadNative } from './native.ts';
import { transcode } from './transcode.ts';

// A separate program that takes the few ffmpeg arguments that our code uses. It decodes videos outside the process that holds the
// keys, so a video that crashes the decoder crashes nothing else.
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
// Exit at once: the library frees some objects twice during garbage collection.
process.exit(code);
