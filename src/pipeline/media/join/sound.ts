import type { Clip } from './clip.ts';

/** In samples a second. */
const sampleRate = 48_000;
/** In samples. Half of a cross-fade of 100 ms: the sound of each clip stays beside its pictures. */
const maxFade = 0.05 * sampleRate;
const kbit = 192;

/**
 * The arguments with which ffmpeg makes the sound of the film: the sound of each clip, exactly as long as its pictures, one after
 * the other in one stream of AAC. A clip without sound is silent. Null if no clip has sound.
 */
export function soundArguments(clips: readonly Clip[], target: string): string[] | null {
  const heard = clips.filter(({ sound }) => sound !== null);
  if (heard.length === 0) return null;
  const inputs = heard.flatMap(({ path }) => ['-threads', '1', '-i', path]);
  let end = 0;
  const chains = clips.map((clip, index) => {
    const start = end;
    end += clip.seconds;
    const samples = Math.round(end * sampleRate) - Math.round(start * sampleRate);
    const fade = Math.min(maxFade, Math.floor(samples / 2));
    const filters = [
      ...sourceOf(clip, heard.indexOf(clip)),
      `atrim=end_sample=${samples}`,
      ...(index > 0 ? [`afade=t=in:ns=${fade}`] : []),
      ...(index < clips.length - 1 ? [`afade=t=out:ss=${samples - fade}:ns=${fade}`] : []),
    ];
    return `${filters.join(',')}[sound${index}]`;
  });
  const labels = clips.map((_, index) => `[sound${index}]`);
  const joined = clips.length > 1 ? [`${labels.join('')}concat=n=${clips.length}:v=0:a=1[sound]`] : [];
  const graph = [...chains, ...joined].join(';');
  const map = ['-vn', '-map', joined.length > 0 ? '[sound]' : '[sound0]'];
  const aac = ['-c:a', 'aac', '-b:a', `${kbit}k`, '-ar', String(sampleRate), '-ac', '2'];
  return ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...inputs, '-filter_complex', graph, ...map, ...aac, target];
}

/** Endless stereo that begins with the first picture of the clip. `input` is the clip's place among the inputs. */
function sourceOf({ sound, start }: Clip, input: number): string[] {
  const format = `aformat=sample_fmts=fltp:sample_rates=${sampleRate}:channel_layouts=stereo`;
  if (sound === null) return [`anullsrc=r=${sampleRate}:cl=stereo`, format];
  const later = (sound.start - start).toFixed(6);
  return [
    `[${input}:a]asetpts=PTS-STARTPTS+(${later})/TB`,
    // It fills gaps with silence, and drops what precedes the first picture.
    `aresample=${sampleRate}:async=1:first_pts=0`,
    // FFmpeg makes mono quieter if it is left to turn it into stereo.
    ...(sound.channels === 1 ? ['pan=stereo|c0=c0|c1=c0'] : []),
    format,
    'apad',
  ];
}
