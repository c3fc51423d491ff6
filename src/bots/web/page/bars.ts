import type { Run } from '../contract/run.ts';
import { isLook, type Step, type StepState } from './runShape.ts';

/** One bar of a small picture of a run. */
type Bar = { key: string; state: StepState; percent: number };

/**
 * A run as a few bars: one for each scene, one for all calls of a film, and one for every other step. So a run of thirty steps has
 * no hairlines.
 */
export function barsOf({ steps }: Pick<Run, 'steps'>): Bar[] {
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const isOfFilm = step.kind === 'video' || isLook(step);
    const key = step.scene !== null ? `scene ${step.scene}` : isOfFilm ? 'film' : `step ${step.number}`;
    groups.set(key, [...(groups.get(key) ?? []), step]);
  }
  return [...groups].map(([key, group]) => ({ key, ...together(group) }));
}

/** Several steps as one. A look that failed is no failure of its clip. */
function together(group: readonly Step[]): Omit<Bar, 'key'> {
  const own = group.filter((step) => !isLook(step));
  const percent = own.reduce((sum, step) => sum + (step.state === 'done' ? 100 : step.percent), 0) / own.length;
  if (own.some(({ state }) => state === 'failed')) return { state: 'failed', percent };
  if (own.every(({ state }) => state === 'done')) return { state: 'done', percent: 100 };
  if (own.some(({ state }) => state === 'skipped')) return { state: 'skipped', percent };
  const isBegun = group.some(({ state }) => state !== 'waiting');
  return { state: isBegun ? 'working' : 'waiting', percent };
}
