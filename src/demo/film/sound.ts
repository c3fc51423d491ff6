import type { Random } from '../painting/random.ts';
import type { ParticleKind } from './particles.ts';

/** The sound beneath the music. */
type Ambience = 'wind' | 'rain' | 'waves' | 'night' | 'deep';

export function ambienceFor(kind: ParticleKind, words: { sea: boolean; night: boolean }): Ambience {
  if (kind === 'rain') return 'rain';
  if (kind === 'stars' || kind === 'bubbles') return 'deep';
  if (words.sea) return 'waves';
  return words.night && kind !== 'snow' ? 'night' : 'wind';
}

/**
 * A filter graph of ffmpeg's own sources, named [sound]: ambience, a chord that swells every `swellSeconds`, and a few bell notes
 * in a key that the prompt's random seed picks. It uses only filters that ffmpeg 4.0 has. A longer sound begins like a shorter
 * one, up to the fade at its end. A film that was made longer gets its whole sound anew, which takes a twelfth of its length.
 */
export function soundGraph(random: Random, ambience: Ambience, seconds: number, swellSeconds = seconds): string {
  const length = seconds.toFixed(3);
  // One octave around A3, in equal temperament.
  const root = 110 * 2 ** (random.whole(0, 11) / 12);
  const minor = random.chance(0.45);
  const third = minor ? 3 : 4;
  const chord = [0, 7, 12, 12 + third, 19];
  const swell = `(0.62+0.38*sin(2*PI*t/${(swellSeconds * 0.9).toFixed(2)}-1.2))`;
  const pad = (detune: number) =>
    chord
      .map((step, index) => `${(0.05 / (1 + index * 0.22)).toFixed(4)}*sin(2*PI*${pitch(root, step, detune)}*t)`)
      .join('+');
  const scale = minor ? [0, 3, 5, 7, 10] : [0, 2, 4, 7, 9];
  const seed = random.fork('air').whole(1, 100_000);
  const bells: string[] = [];
  for (let at = 0.5; at < seconds - 1.2; at += random.pick([0.5, 0.75, 1, 1])) {
    const step = (scale[random.whole(0, 4)] ?? 0) + 24 + 12 * random.whole(0, 1);
    const since = `(t-${at.toFixed(2)})`;
    const tone = `sin(2*PI*${pitch(root, step, 0)}*${since})+0.3*sin(2*PI*${pitch(root, step, 0)}*2.76*${since})*exp(-5*${since})`;
    // A note has faded out after 2.6 s. `if` saves the arithmetic before and after.
    bells.push(`if(between(t,${at.toFixed(2)},${(at + 2.6).toFixed(2)}),0.06*(${tone})*exp(-2.1*${since}),0)`);
  }
  const music = `aevalsrc='${swell}*(${pad(0)})|${swell}*(${pad(0.35)})':s=48000:d=${length}[pad]`;
  const notes = `aevalsrc='${bells.join('+') || '0'}':s=48000:d=${length},aecho=0.8:0.6:180|410:0.32|0.18,aformat=channel_layouts=stereo[bells]`;
  const air = `${ambienceSource(ambience, seed, length)},aformat=sample_rates=48000:channel_layouts=stereo[air]`;
  const end = (seconds - 0.9).toFixed(3);
  const mixed = `[pad][bells][air]amix=inputs=3,volume=4.6,alimiter=limit=0.8:level=0,afade=t=in:d=0.6,afade=t=out:st=${end}:d=0.9`;
  // AAC comes in blocks of 1,024 samples. A part of a block would make the film longer than its pictures.
  const samples = Math.floor((seconds * 48_000) / 1_024) * 1_024;
  const trim = `atrim=end_sample=${samples},aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo[sound]`;
  return [music, notes, air, `${mixed},${trim}`].join(';');
}

function ambienceSource(ambience: Ambience, seed: number, length: string): string {
  const source = (colour: string, loud: number) => `anoisesrc=c=${colour}:a=${loud}:r=48000:d=${length}:seed=${seed}`;
  switch (ambience) {
    case 'wind':
      return `${source('brown', 0.7)},highpass=f=120,lowpass=f=620,tremolo=f=0.21:d=0.6,volume=0.8`;
    case 'rain':
      return `${source('pink', 0.5)},highpass=f=700,lowpass=f=7500,volume=0.5`;
    case 'waves':
      return `${source('pink', 0.7)},lowpass=f=950,highpass=f=70,tremolo=f=0.14:d=0.85,volume=0.9`;
    case 'night':
      return `aevalsrc='0.035*sin(2*PI*4150*t)*max(0,sin(2*PI*16*t))*lt(mod(t,1.3),0.55)+0.02*sin(2*PI*3600*t)*max(0,sin(2*PI*13*t))*lt(mod(t+0.6,1.7),0.7)':s=48000:d=${length}`;
    case 'deep':
      return `${source('brown', 0.8)},lowpass=f=180,tremolo=f=0.12:d=0.5,volume=0.9`;
  }
}

function pitch(root: number, semitones: number, detuneHertz: number): string {
  return (root * 2 ** (semitones / 12) + detuneHertz).toFixed(3);
}
