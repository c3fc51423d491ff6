import { maxVideoSeconds, type Resolution } from '../../domain.ts';
import type { Capabilities } from '../providers/provider.ts';

/**
 * One call of a chain, in whole seconds. `first` begins the film, `extension` makes the clip before longer and takes its place,
 * and `last_frame` begins another clip from the last frame of the one before.
 */
export type ChainLink = { seconds: number; start: 'first' | 'extension' | 'last_frame' };

type Able = Pick<Capabilities, 'durations' | 'extension'>;

/**
 * The calls that make a film of exactly `seconds`: as few separate clips as possible, then as few calls as possible. Null if a
 * model cannot make that length.
 */
export function chainOf(able: Able, resolution: Resolution, seconds: number): ChainLink[] | null {
  const { clips, splits } = possibilitiesOf(able, resolution);
  const lengths = splits[seconds]?.lengths;
  if (!lengths) return null;
  return lengths.flatMap((length, index) => {
    const [first = 0, ...added] = clips.get(length) ?? [];
    const begin: ChainLink = { seconds: first, start: index === 0 ? 'first' : 'last_frame' };
    return [begin, ...added.map((one): ChainLink => ({ seconds: one, start: 'extension' }))];
  });
}

/** The lengths of a film that a model can make at a resolution, by one call or a chain of calls: whole seconds, ascending. */
export const lengthsOf = (able: Able, resolution: Resolution): number[] =>
  possibilitiesOf(able, resolution).splits.flatMap((split, seconds) => (split && seconds > 0 ? [seconds] : []));

type Possibilities = { clips: Clips; splits: (Split | null)[] };

/** A result card asks for the price of every button, and each needs this. It depends on the model alone. */
const known = new WeakMap<Able, Map<Resolution, Possibilities>>();

function possibilitiesOf(able: Able, resolution: Resolution): Possibilities {
  const ofModel = known.get(able) ?? new Map<Resolution, Possibilities>();
  known.set(able, ofModel);
  const found = ofModel.get(resolution);
  if (found) return found;
  const clips = clipsOf(able, resolution);
  const possibilities = { clips, splits: splitsOf(clips) };
  ofModel.set(resolution, possibilities);
  return possibilities;
}

/** Every length of a single clip, with the seconds of its first call and those that each extension adds. */
type Clips = ReadonlyMap<number, readonly number[]>;

function clipsOf({ durations, extension }: Able, resolution: Resolution): Clips {
  const clips = new Map(longestFirst(durations).map((seconds) => [seconds, [seconds]]));
  if (!extension?.resolutions.includes(resolution)) return clips;
  let latest = [...clips];
  while (latest.length > 0) {
    const longer: [number, number[]][] = [];
    for (const [length, calls] of latest) {
      for (const added of longestFirst(extension.seconds)) {
        const total = length + added;
        if (total > extension.maxSeconds || clips.has(total)) continue;
        clips.set(total, [...calls, added]);
        longer.push([total, [...calls, added]]);
      }
    }
    latest = longer;
  }
  return clips;
}

const longestFirst = (lengths: readonly number[]) => [...lengths].sort((a, b) => b - a);

/** A film as the lengths of its clips, the longest first, and the number of calls for all of them. */
type Split = { lengths: number[]; calls: number };

/** For every length of a film up to the longest: its best split into clips, or null. */
function splitsOf(clips: Clips): (Split | null)[] {
  const best: (Split | null)[] = [{ lengths: [], calls: 0 }];
  for (let total = 1; total <= maxVideoSeconds; total += 1) {
    let found: Split | null = null;
    for (let length = total; length >= 1; length -= 1) {
      const calls = clips.get(length)?.length;
      const rest = best[total - length];
      if (calls === undefined || !rest) continue;
      const split = { lengths: [length, ...rest.lengths], calls: calls + rest.calls };
      if (found === null || isBetter(split, found)) found = split;
    }
    best.push(found);
  }
  return best;
}

const isBetter = (one: Split, than: Split): boolean =>
  one.lengths.length === than.lengths.length ? one.calls < than.calls : one.lengths.length < than.lengths.length;
