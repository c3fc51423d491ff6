import type { RunView, Step } from '../db/runs.ts';
import type { Progress, StepProgress } from '../pipeline/progress.ts';
import type { StepLine } from './card.ts';
import type { Text } from './text.ts';

/** One line for each step of a run. */
export const stepLines = (view: RunView, progress: Progress, text: Text): StepLine[] =>
  view.steps.map((step) => lineOf(step, labelOf(step, text), progressFor(progress, step), text));

/**
 * The lines of a run as a card shows them: one for each scene of a story, one for all calls of a film, and one for every other
 * step. So a run of thirty steps fits into a message.
 */
export const cardLines = (view: RunView, progress: Progress, text: Text): StepLine[] =>
  groupsOf(view).map((steps) => groupLine(view, steps, progress, text));

function groupsOf({ steps }: RunView): Step[][] {
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const key = groupOf(step);
    groups.set(key, [...(groups.get(key) ?? []), step]);
  }
  return [...groups.values()];
}

function groupOf(step: Step): string {
  if (step.scene !== null) return `scene ${step.scene}`;
  // A look at the frame belongs to the video that it is for.
  if (step.kind === 'video' || isLook(step)) return 'video';
  return `step ${step.number}`;
}

const isLook = ({ kind, inputs }: Step) => kind === 'enhance' && inputs.length > 0;

function groupLine(view: RunView, steps: readonly Step[], progress: Progress, text: Text): StepLine {
  const shown = steps.find((step) => step.kind === 'video') ?? steps[0];
  if (!shown) throw new Error('a line needs a step');
  const label = shown.scene === null ? text.runs.steps[shown.kind] : text.runs.numbered.scene(shown.scene);
  if (steps.length === 1)
    return lineOf(shown, shown.scene === null ? labelOf(shown, text) : label, progressFor(progress, shown), text);
  return lineOf({ ...shown, ...togetherOf(view, steps) }, label, sumOf(steps, progress), text);
}

/** The state of several steps together, and the first failure among them. A look that failed is no failure of its scene. */
function togetherOf({ run }: RunView, steps: readonly Step[]): Pick<Step, 'state' | 'failure'> {
  const own = steps.filter((step) => !isLook(step));
  const failed = own.find(({ state }) => state === 'failed');
  const isActive = steps.some(({ state }) => state === 'submitting' || state === 'submitted' || state === 'storing');
  const hasBegun = steps.some(({ state }) => state !== 'pending' && state !== 'skipped');
  if (failed) return { state: 'failed', failure: failed.failure };
  if (own.every(({ state }) => state === 'done')) return { state: 'done', failure: null };
  if (run.settledAt) return { state: 'skipped', failure: null };
  return { state: isActive || hasBegun ? 'submitted' : 'pending', failure: null };
}

/** The progress of several steps, weighted by how long they usually take. */
function sumOf(steps: readonly Step[], progress: Progress): Omit<StepProgress, 'kind' | 'number'> {
  const parts = steps.map((step) => ({ ...progressFor(progress, step), weight: Math.max(1, step.expectedMs ?? 1) }));
  const weight = parts.reduce((sum, part) => sum + part.weight, 0);
  const done = parts.reduce((sum, part) => sum + (part.percent * part.weight) / weight, 0);
  const starts = steps.flatMap(({ startedAt }) => startedAt?.getTime() ?? []);
  const ends = steps.flatMap(({ finishedAt }) => finishedAt?.getTime() ?? []);
  return {
    percent: Math.floor(done + 1e-6),
    elapsedMs: starts.length > 0 && ends.length > 0 ? Math.max(0, Math.max(...ends) - Math.min(...starts)) : 0,
    remainingMs: parts.reduce((sum, part) => sum + part.remainingMs, 0),
  };
}

/** The name of a step on a line of its own. */
function labelOf(step: Step, text: Text): string {
  const { numbered, steps } = text.runs;
  const own = isLook(step) ? numbered.look : steps[step.kind];
  if (step.variant !== null) return numbered.image(step.variant);
  return step.scene === null ? own : numbered.inScene(step.scene, own);
}

type Shown = Omit<StepProgress, 'kind' | 'number'>;

const noProgress: Shown = { percent: 0, elapsedMs: 0, remainingMs: 0 };

const progressFor = ({ steps }: Progress, { number }: Step): Shown =>
  steps.find((one) => one.number === number) ?? noProgress;

function lineOf(step: Step, label: string, { percent, elapsedMs, remainingMs }: Shown, text: Text): StepLine {
  const { note, stepShort } = text.runs;
  const line = { kind: step.kind, label, percent };
  switch (step.state) {
    case 'pending':
      return { ...line, state: 'waiting', note: note.waiting(remainingMs) };
    case 'submitting':
    case 'submitted':
      return { ...line, state: 'working', note: note.working(percent, remainingMs) };
    case 'storing':
      return {
        ...line,
        state: 'working',
        note: step.kind === 'join' ? note.working(percent, remainingMs) : note.storing,
      };
    case 'done':
      return { ...line, state: 'done', note: note.done(elapsedMs) };
    case 'failed':
      // A step that its member canceled has not failed.
      return step.failure?.kind === 'canceled'
        ? { ...line, state: 'skipped', note: stepShort.canceled }
        : { ...line, state: 'failed', note: stepShort[step.failure?.kind ?? 'internal'] };
    case 'skipped':
      return { ...line, state: 'skipped', note: note.skipped };
  }
}
