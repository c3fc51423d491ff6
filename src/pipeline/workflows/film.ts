import type { RunOptions } from '../../domain.ts';
import { type ChainLink, chainOf, lengthsOf } from './chain.ts';
import type { Draft, Model, PlanRefusal } from './plan.ts';

/** The film of one scene, or of a whole run: where it begins, and the words that it follows. */
type Film = {
  /** The step with the first frame. Null if a member gave it. */
  frame: number | null;
  /** The step with the words for the motion. Null: the member's own words. */
  words: number | null;
  scene: number | null;
  links: readonly ChainLink[];
  prices: readonly number[];
  /** A clip that is there already, with which the film begins. */
  before?: number;
};

/** Adds the calls of one film. Returns the last step of each of its clips: together they are the film. */
export function addFilm({ add }: Draft, { frame, words, scene, links, prices, before: given }: Film): number[] {
  const clips: number[] = given === undefined ? [] : [given];
  for (const [index, { seconds, start }] of links.entries()) {
    const before = clips.at(-1) ?? null;
    const inputs = [words, start === 'first' ? frame : before];
    const isExtension = start === 'extension';
    const number = add('video', inputs, prices[index] ?? 0, { scene, seconds, isExtension });
    if (isExtension) clips[clips.length - 1] = number;
    else clips.push(number);
  }
  return clips;
}

/** Adds the step that makes one film of several clips. A single clip is the film already. */
export function addJoin({ add }: Draft, clips: readonly number[], seconds: number): void {
  if (clips.length > 1) add('join', clips, 0, { seconds });
}

/** The calls of a film of that length, or the reason why the model cannot make it. */
export function linksOf(
  { capabilities }: Model,
  { resolution, aspect }: RunOptions,
  seconds: number,
): { links: ChainLink[] } | { refusal: PlanRefusal } {
  const { aspects, resolutions } = capabilities;
  if (!aspects.includes(aspect)) return no('aspect', aspect, aspects);
  if (!resolutions.includes(resolution)) return no('resolution', resolution, resolutions);
  const links = chainOf(capabilities, resolution, seconds);
  return links ? { links } : no('duration', seconds, lengthsOf(capabilities, resolution));
}

const no = (
  option: PlanRefusal['option'],
  value: string | number,
  allowed: readonly (string | number)[],
): { refusal: PlanRefusal } => ({ refusal: { kind: 'video', option, value, allowed } });
