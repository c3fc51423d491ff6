import { finishEnhance } from '../../db/turns.ts';
import { inputsOf } from '../graph.ts';
import { castNotes, withoutMarks } from './cast.ts';
import { verdictOnWords, withhold } from './moderate.ts';
import { pictureOf } from './picture.ts';
import { retryWhileDatabaseAway } from './retryWhileAway.ts';
import type { StepWork } from './step.ts';
import { shotOf } from './words.ts';

/**
 * Prompt → enhanced prompt. If it fails, the run goes on with the member's own prompt. With an image among its inputs, it looks at
 * that image and writes the motion for it.
 */
export const enhance: StepWork<'enhance'> = {
  kind: 'enhance',
  sendDeadlineMs: 60_000,
  workDeadlineMs: 60_000,
  request: async (turn, step) => {
    const { run, steps } = turn.view;
    const frame = inputsOf(turn.view, step).find(({ kind }) => kind === 'image');
    const seconds = run.workflow === 'story' && !frame ? sceneSeconds(steps) : [];
    const shot = shotOf(turn.view, step);
    const capabilities = turn.deps.providers.find('enhance', step.provider, step.model)?.capabilities;
    return {
      prompt: withoutMarks(frame ? shot.image : run.prompt),
      style: run.options.style,
      aspect: run.options.aspect,
      duration:
        run.workflow === 'image'
          ? null
          : ((frame ? sceneSeconds(steps)[(step.scene ?? 1) - 1] : null) ?? run.options.duration),
      scenes: seconds,
      frame: frame ? { picture: await pictureOf(turn, frame), motion: withoutMarks(shot.motion) } : null,
      // The frame was made with the pictures of the cast, so it shows them already.
      cast: await castNotes(turn, frame ? 0 : (capabilities?.references ?? 0)),
    };
  },
  requestWithoutClip: null,
  keep: async (turn, step, output, cost) => {
    // Words that are objected to are not used. The run goes on without them, as if nothing had been written.
    const verdict = await verdictOnWords(turn, step, output);
    if (verdict.outcome === 'withheld') return await withhold(turn, step, verdict.failure, cost);
    await retryWhileDatabaseAway(turn, () => finishEnhance(turn.deps.db, turn.lease, step.number, output, cost));
    turn.deps.reachFailpoint('step_done', { runId: turn.lease.runId, step: 'enhance', number: step.number });
    return 'kept';
  },
};

/** The lengths of a story's scenes in seconds, in order. */
function sceneSeconds(steps: readonly { kind: string; scene: number | null; seconds: number | null }[]): number[] {
  const lengths: number[] = [];
  for (const { kind, scene, seconds } of steps) {
    if (kind === 'video' && scene !== null) lengths[scene - 1] = (lengths[scene - 1] ?? 0) + (seconds ?? 0);
  }
  return lengths;
}
