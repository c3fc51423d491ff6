import { maxExtendedSeconds } from '../../domain.ts';
import { type ChainLink, chainOf, lengthsOf } from './chain.ts';
import { addFilm, addJoin, linksOf } from './film.ts';
import { createDraft, type GivenFilm, type PlanInput, type PlanOutcome, planned, refused } from './plan.ts';

/**
 * A finished film → the same film, `options.duration` seconds longer. Step 1 is the film itself, taken over from its run. Where the
 * model has made it and can extend it, the next calls do that; else a clip begins from its last frame and `join` appends it.
 */
export function planExtend({ options, models, film }: PlanInput<'video'> & { film: GivenFilm }): PlanOutcome {
  const { duration: added, resolution } = options;
  const extended = film.canExtend ? extensionsOf(film.seconds, added) : null;
  const appended = linksOf(models.video, options, added);
  if (!extended && 'refusal' in appended) return refused(appended.refusal);
  const room = maxExtendedSeconds - film.seconds;
  if (added > room) {
    const allowed = lengthsOf(models.video.capabilities, resolution).filter((one) => one <= room);
    return refused({ kind: 'video', option: 'duration', value: added, allowed });
  }
  const draft = createDraft();
  const given = draft.add('video', [], 0, { seconds: Math.round(film.seconds) });
  const links = extended ?? ('links' in appended ? fromLastFrame(appended.links) : []);
  const prices = models.video.prices.film(options, links);
  const clips = addFilm(draft, { frame: null, words: null, scene: null, links, prices, before: given });
  addJoin(draft, clips, Math.round(film.seconds) + added);
  return planned(draft.steps);

  function extensionsOf(seconds: number, more: number): ChainLink[] | null {
    const { extension } = models.video.capabilities;
    if (!extension?.resolutions.includes(resolution) || seconds + more > extension.maxSeconds) return null;
    const calls = chainOf({ durations: extension.seconds, extension: null }, resolution, more);
    return calls?.map(({ seconds: one }) => ({ seconds: one, start: 'extension' })) ?? null;
  }
}

const fromLastFrame = (links: readonly ChainLink[]): ChainLink[] =>
  links.map((link) => (link.start === 'first' ? { ...link, start: 'last_frame' } : link));
