import type { Run } from '../contract/run.ts';
import { isLook, type Step, type StepState } from './runShape.ts';

/** A scene of a story, with its image and its clips in order. */
export type Scene = { scene: number; steps: readonly Step[] };

/**
 * A run as the canvas draws it: the steps that come one after another, then what they lead to. `clips` are the clips that the
 * result is made of. A step in which the enhancer looks at a finished image is not in it: it belongs to the clip that it is for.
 */
export type Shape = { before: readonly Step[] } & (
  | { kind: 'path'; result: Step | undefined }
  | { kind: 'chain'; clips: readonly Step[]; result: Step }
  | { kind: 'scenes'; scenes: readonly Scene[]; result: Step | undefined }
  | { kind: 'variants'; variants: readonly Step[] }
);

export function shapeOf({ steps }: Pick<Run, 'steps'>): Shape {
  const drawn = steps.filter((step) => !isLook(step));
  const variants = drawn.filter(({ variant }) => variant !== null);
  if (variants.length > 0)
    return { kind: 'variants', before: drawn.filter((step) => !variants.includes(step)), variants };
  if (drawn.some(({ scene }) => scene !== null)) {
    const result = drawn.findLast(({ scene }) => scene === null);
    const isAfter = result?.kind === 'join';
    return {
      kind: 'scenes',
      before: drawn.filter((step) => step.scene === null && !(isAfter && step === result)),
      scenes: scenesOf(drawn),
      result: isAfter ? result : undefined,
    };
  }
  const result = drawn.at(-1);
  const others = drawn.slice(0, -1);
  const clips = others.filter(({ kind }) => kind === 'video');
  if (!result || clips.length < 2) return { kind: 'path', before: others, result };
  return { kind: 'chain', before: others.filter((step) => !clips.includes(step)), clips, result };
}

function scenesOf(steps: readonly Step[]): Scene[] {
  const numbers = [...new Set(steps.flatMap(({ scene }) => scene ?? []))];
  return numbers.map((scene) => ({ scene, steps: steps.filter((step) => step.scene === scene) }));
}

/** The step in which the enhancer looks at the image that a clip begins with. */
export const lookFor = ({ steps }: Pick<Run, 'steps'>, { inputs }: Step): Step | undefined =>
  steps.find((step) => isLook(step) && inputs.includes(step.number));

/** The image that is a reference of another image. */
export const referenceOf = ({ steps }: Pick<Run, 'steps'>, { kind, inputs }: Step): Step | undefined =>
  kind === 'image' ? steps.find((step) => step.kind === 'image' && inputs.includes(step.number)) : undefined;

/** The state of a step together with the look that belongs to it. */
export const shownState = (run: Pick<Run, 'steps'>, step: Step): StepState =>
  step.state === 'waiting' && lookFor(run, step)?.state === 'working' ? 'working' : step.state;

/** The state of the wire that leads to several steps. */
export function wireTo(states: readonly StepState[]): StepState {
  if (states.some((state) => state === 'done' || state === 'failed')) return 'done';
  if (states.includes('working')) return 'working';
  return states.every((state) => state === 'skipped') ? 'skipped' : 'waiting';
}
