import { startChild } from '../../childProcess.ts';
import { createRandom } from '../painting/random.ts';
import { readPrompt } from '../painting/reading.ts';
import { filmSize } from '../painting/sheet.ts';
import { cameraPath, type Position, viewsAt } from './camera.ts';
import { createCompositor, overlay } from './compositor.ts';
import { createFrame, dissolve, type Frame } from './frame.ts';
import { filmComment, framesPerSecond, legsOf, type Operation, secondsOf } from './operation.ts';
import { createParticles, particleKind } from './particles.ts';
import { plateScale, preparePlates } from './plates.ts';
import { ambienceFor, soundGraph } from './sound.ts';

export type Shot = {
  order: Operation;
  source: string;
  /** The image at which the first part of the film ends. Null: it ends anywhere. */
  last: string | null;
  target: string;
  progress: string;
  /** Whether to render the whole film, or only the seconds that are added to an earlier one. The sound is always whole. */
  fromStart: boolean;
};

/** Renders a film frame by frame into ffmpeg, which adds the sound and writes `target`. Throws if ffmpeg fails. */
export async function shoot({ order, source, last, target, progress, fromStart }: Shot): Promise<void> {
  const size = filmSize(order);
  const legs = legsOf(order);
  const set = await prepareSet(source, size, legs[0].prompt);
  const ending = last === null ? null : await prepareSet(last, size, legs[0].prompt);
  // All random numbers come from the first prompt, so that a film which is made longer keeps its air and its key.
  const { reading } = set;
  const random = createRandom(`film ${reading.clause.toLowerCase()}`);
  const kind = particleKind(reading);
  const side = random.chance(0.5) ? 1 : -1;
  const camera = cameraPath(legs, random.fork('move'), { side, hasEnding: ending !== null });
  const seconds = secondsOf(legs);
  const firstFrame = fromStart ? 0 : secondsOf(order.earlier) * framesPerSecond;
  const frames = seconds * framesPerSecond - firstFrame;
  const sea = reading.places.includes('sea') || reading.places.includes('beach');
  const ambience = ambienceFor(kind, { sea, night: reading.time === 'night' });
  const sound = order.audio ? soundGraph(random.fork('sound'), ambience, seconds, legs[0].seconds) : null;

  const ffmpeg = startChild(order.ffmpegPath, ffmpegArguments(size, sound, { target, progress }), {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    ffmpeg.once('error', reject);
    ffmpeg.once('close', resolve);
  });
  // If ffmpeg ends early, its input pipe breaks. Its exit code says more than the broken pipe.
  ffmpeg.stdin.on('error', () => undefined);
  // Two frames alternate: one is drawn while the other is still being written to the pipe.
  const turns = [0, 1].map(() => ({ frame: createFrame(size.width, size.height), sent: Promise.resolve() }));
  const over = ending && createFrame(size.width, size.height);
  for (let index = 0; index < frames && ffmpeg.exitCode === null; index++) {
    const turn = turns[index % 2];
    if (turn === undefined) break;
    await Promise.race([turn.sent, ended]);
    const { frame } = turn;
    const second = (firstFrame + index) / framesPerSecond;
    const position = camera(second);
    const share = ending ? dissolved(second, legs[0].seconds) : 0;
    if (share < 1) set.draw(frame, position, second);
    if (ending && over && share > 0) {
      ending.draw(over, position, second);
      dissolve(frame, over, share);
    }
    turn.sent = new Promise((resolve) => ffmpeg.stdin.write(frame.bytes, () => resolve()));
  }
  ffmpeg.stdin.end();
  const code = await ended;
  if (code !== 0) throw new Error(`ffmpeg ended with code ${code}`);
}

/** An image in front of the camera: its depths, its air and its captions. */
async function prepareSet(path: string, size: { width: number; height: number }, prompt: string) {
  const plates = await preparePlates(path, size);
  const reading = plates.reading ?? readPrompt(prompt);
  const compose = createCompositor(plates.layers, size.width, size.height);
  const particles = createParticles(particleKind(reading), size, reading.clause);
  const draw = (frame: Frame, position: Position, second: number) => {
    compose(frame, viewsAt(position, plates.layers.length, size, plateScale));
    particles(frame, second);
    overlay(frame, plates.credits);
  };
  return { reading, draw };
}

/** How much of the last image is seen: none in the first third of a leg, and nothing else in its last frame. */
function dissolved(second: number, length: number): number {
  const from = length * 0.35;
  const share = Math.min(1, Math.max(0, (second - from) / (length - 1 / framesPerSecond - from)));
  return share * share * (3 - 2 * share);
}

/** Options that both a static build of 2018 and today's releases support. */
function ffmpegArguments(
  { width, height }: { width: number; height: number },
  sound: string | null,
  out: { target: string; progress: string },
): string[] {
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`];
  // The pictures do not fade, because another film may continue or follow them.
  const pictures = '[0:v]null[picture]';
  const audio = ['-map', '[sound]', '-c:a', 'aac', '-b:a', '160k', '-ar', '48000', '-ac', '2'];
  const tags = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'];
  const x264 = ['-c:v', 'libx264', '-preset', 'superfast', '-crf', '21', '-profile:v', 'high', '-pix_fmt', 'yuv420p'];
  // Lookahead and reference frames stay in memory: 690 MB in 4K by default, 280 MB without them. The file does not get larger.
  const bounded = ['-threads', '2', '-refs', '1', '-bf', '0', '-x264-params', 'rc-lookahead=0:sync-lookahead=0'];
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'warning', '-y', '-progress', out.progress],
    ...[...raw, '-framerate', String(framesPerSecond), '-i', 'pipe:0'],
    ...['-filter_complex', sound === null ? pictures : `${pictures};${sound}`],
    ...['-map', '[picture]', ...(sound === null ? [] : audio)],
    ...[...x264, ...bounded],
    ...tags,
    ...['-metadata', `comment=${filmComment}`, '-movflags', '+faststart', '-f', 'mp4', out.target],
  ];
}
