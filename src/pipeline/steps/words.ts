import type { RunView, Step } from '../../db/runs.ts';
import type { Shot } from '../../domain.ts';
import { inputsOf } from '../graph.ts';

/**
 * The words that a step follows: those of the steps that it is made from, as far as they were written; otherwise the member's own
 * prompt. The motion that was written for the finished frame comes before the one that was written without it.
 */
export function shotOf(view: Pick<RunView, 'run' | 'steps'>, step: Step): Shot {
  const written = inputsOf(view, step).filter(({ kind }) => kind === 'enhance');
  const [words] = written;
  const { prompt, options } = view.run;
  const own: Shot = { image: prompt, motion: options.motion ?? prompt };
  if (!words) return own;
  // A look at the frame is made from the words before it, which serve if it failed.
  const before = inputsOf(view, words).length > 0 ? shotOf(view, words) : own;
  const { enhanced } = words;
  if (words.state !== 'done' || !enhanced) return before;
  if (inputsOf(view, words).some(({ kind }) => kind === 'image')) return { ...before, motion: enhanced.motion };
  return (step.scene === null ? undefined : enhanced.shots?.[step.scene - 1]) ?? enhanced;
}
