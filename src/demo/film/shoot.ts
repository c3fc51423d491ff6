import { startChild } from '../../childProcess.ts';
import { createRandom } from '../painting/random.ts';
import { readPrompt } from '../painting/reading.ts';
import { filmSize } from '../painting/sheet.ts';
import { moveFor, viewsAt } from './camera.ts';
import { createCompositor, overlay } from './compositor.ts';
import { createFrame } from './frame.ts';
import { framesPerSecond, type Operation } from './operation.ts';
import { createParticles, particleKind } from './particles.ts';
import { plateScale, preparePlates } from './plates.ts';
import { ambienceFor, soundGraph } from './sound.ts';

export type Shot = { order: Operation; source: string; target: string; progress: string };

/** Renders a film frame by frame into ffmpeg, which adds the sound and writes `target`. Throws if ffmpeg fails. */
export async function shoot({ order, source, target, progress }: Shot): Promise<void> {
  const size = filmSize(order);
  const plates = await preparePlates(source, size);
  const reading = readPrompt(plates.prompt ?? order.prompt);
  const random = createRandom(`film ${reading.clause.toLowerCase()}`);
  const kind = particleKind(reading);
  const move = moveFor(order.prompt, random.fork('move'));
  const side = random.chance(0.5) ? 1 : -1;
  const particles = createParticles(kind, size, reading.clause);
  const compose = createCompositor(plates.layers, size.width, size.height);
  const frames = order.durationSeconds * framesPerSecond;
  const sea = reading.places.includes('sea') || reading.places.includes('beach');
  const ambience = ambienceFor(kind, { sea, night: reading.time === 'night' });
  const sound = order.audio ? soundGraph(random.fork('sound'), ambience, order.durationSeconds) : null;

  const ffmpeg = startChild(order.ffmpegPath, ffmpegArguments(order, size, sound, { target, progress }), {
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
  for (let index = 0; index < frames && ffmpeg.exitCode === null; index++) {
    const turn = turns[index % 2];
    if (turn === undefined) break;
    await Promise.race([turn.sent, ended]);
    const { frame } = turn;
    compose(frame, viewsAt(move, index / (frames - 1), plates.layers.length, size, plateScale, side));
    particles(frame, index / framesPerSecond);
    overlay(frame, plates.credits);
    turn.sent = new Promise((resolve) => ffmpeg.stdin.write(frame.bytes, () => resolve()));
  }
  ffmpeg.stdin.end();
  const code = await ended;
  if (code !== 0) throw new Error(`ffmpeg ended with code ${code}`);
}

/** Options that both a static build of 2018 and today's releases support. */
function ffmpegArguments(
  order: Operation,
  { width, height }: { width: number; height: number },
  sound: string | null,
  out: { target: string; progress: string },
): string[] {
  const seconds = order.durationSeconds;
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`];
  const fades = `[0:v]fade=t=in:d=0.5,fade=t=out:st=${seconds - 0.5}:d=0.5[picture]`;
  const audio = ['-map', '[sound]', '-c:a', 'aac', '-b:a', '160k', '-ar', '48000', '-ac', '2'];
  const tags = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'];
  const x264 = ['-c:v', 'libx264', '-preset', 'superfast', '-crf', '21', '-profile:v', 'high', '-pix_fmt', 'yuv420p'];
  // Lookahead and reference frames stay in memory: 690 MB in 4K by default, 280 MB without them. The file does not get larger.
  const bounded = ['-threads', '2', '-refs', '1', '-bf', '0', '-x264-params', 'rc-lookahead=0:sync-lookahead=0'];
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'warning', '-y', '-progress', out.progress],
    ...[...raw, '-framerate', String(framesPerSecond), '-i', 'pipe:0'],
    ...['-filter_complex', sound === null ? fades : `${fades};${sound}`],
    ...['-map', '[picture]', ...(sound === null ? [] : audio)],
    ...[...x264, ...bounded],
    ...tags,
    ...['-metadata', 'comment=Made by the VidGenie demo studio', '-movflags', '+faststart', '-f', 'mp4', out.target],
  ];
}
