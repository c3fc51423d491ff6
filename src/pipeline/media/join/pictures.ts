import type { Clip } from './clip.ts';

/** The size and the frame rate that all encoded clips of a film have. */
export type Frame = { width: number; height: number; framesPerSecond: number };

const maxFramesPerSecond = 60;
/** In seconds. */
const maxFade = 0.25;

/** The size of the first clip, and the highest frame rate. */
export function commonFrame(clips: readonly Clip[]): Frame {
  const first = clips[0];
  if (!first) throw new Error('there is no clip');
  const highest = Math.max(...clips.map(({ framesPerSecond }) => framesPerSecond));
  // A clip of a single picture has no frame rate.
  const framesPerSecond = highest > 0 ? Math.min(maxFramesPerSecond, highest) : 24;
  return { width: even(first.width), height: even(first.height), framesPerSecond };
}

/**
 * The arguments with which ffmpeg encodes the pictures of a clip in a common size and rate. x264 writes `stitchable` files so
 * that one decoder configuration serves all of them. Decoder and encoder have one thread each, as in `fitVideo`.
 */
export function pictureArguments(
  clip: Clip,
  frame: Frame,
  { target, fades }: { target: string; fades: { in: boolean; out: boolean } },
): string[] {
  const { text: rate, value: framesPerSecond } = rational(frame.framesPerSecond);
  const frames = Math.max(1, Math.round(clip.seconds * framesPerSecond));
  const filters = [
    'setpts=PTS-STARTPTS',
    `fps=${rate}`,
    // -frames:v cuts what is too much.
    'tpad=stop=-1:stop_mode=clone',
    ...fill(clip, frame),
    'setsar=1',
    'format=yuv420p',
    'setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709',
    ...fade(frames, framesPerSecond, fades),
  ];
  const input = ['-hide_banner', '-nostdin', '-v', 'error', '-y', '-threads', '1', '-i', clip.path];
  const pictures = ['-an', '-vf', filters.join(','), '-frames:v', String(frames), '-pix_fmt', 'yuv420p'];
  const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', '-x264-params', 'stitchable=1'];
  return [...input, ...pictures, ...x264, '-threads', '1', target];
}

/** Scales the pictures so that they cover the frame, and cuts off what is outside of it. */
function fill({ width, height, colourMatrix }: Clip, frame: Frame): string[] {
  const factor = Math.max(frame.width / width, frame.height / height);
  const [across, down] = [Math.max(frame.width, even(width * factor)), Math.max(frame.height, even(height * factor))];
  const colours = `in_color_matrix=${colourMatrix}:out_color_matrix=bt709:out_range=tv`;
  return [`scale=${across}:${down}:${colours}:flags=bicubic+accurate_rnd`, `crop=${frame.width}:${frame.height}`];
}

/** The first and the last frame of a fade are wholly black. */
function fade(frames: number, framesPerSecond: number, fades: { in: boolean; out: boolean }): string[] {
  const length = Math.min(Math.round(maxFade * framesPerSecond), Math.floor(frames / 2));
  if (length === 0) return [];
  return [
    ...(fades.in ? [`fade=t=in:s=0:n=${length}`] : []),
    ...(fades.out ? [`fade=t=out:s=${frames - 1 - length}:n=${length}`] : []),
  ];
}

/** A frame rate as FFmpeg reads it. Rates such as 29.97 are thousands of 1,001 seconds. */
function rational(framesPerSecond: number): { text: string; value: number } {
  const whole = Math.round(framesPerSecond);
  if (Math.abs(framesPerSecond - whole) < 0.005) return { text: String(whole), value: whole };
  const ntsc = Math.round(framesPerSecond * 1.001);
  if (Math.abs(framesPerSecond * 1.001 - ntsc) < 0.005)
    return { text: `${ntsc * 1000}/1001`, value: (ntsc * 1000) / 1001 };
  const thousandths = Math.round(framesPerSecond * 1000);
  return { text: `${thousandths}/1000`, value: thousandths / 1000 };
}

const even = (length: number) => Math.max(2, Math.round(length / 2) * 2);
