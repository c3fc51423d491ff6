import { type CommandedWorkflow, commandedWorkflows, kindsFor } from '../../domain.ts';
import type { Obstacle } from '../../pipeline/quote.ts';
import { modelOf } from '../maker.ts';
import type { Text } from '../text.ts';
import type { Refusal } from './refusal.ts';

/** The reason why a run cannot be planned, as a refusal. */
export function planRefusal(obstacle: Obstacle, text: Text): Refusal {
  switch (obstacle.outcome) {
    case 'no_key':
      return { reason: 'no_key', step: obstacle.step };
    case 'unknown_model':
      return { reason: 'unknown_model', option: 'model', word: obstacle.word, nearest: obstacle.nearest };
    case 'model_not_allowed':
      return { reason: 'model_not_allowed', option: 'model', model: obstacle.model, allowed: obstacle.allowed };
    case 'unused_model': {
      const { word, makes, workflow } = obstacle;
      return { reason: 'unused_model', option: 'model', word, makes, workflow, works: workflowsWith(makes) };
    }
    case 'model_gone':
      return { reason: 'model_gone', model: obstacle.model };
    case 'nothing_left':
      return { reason: 'nothing_to_extend' };
    case 'unsupported': {
      const { kind, option, value, allowed, able } = obstacle;
      const model = modelOf(obstacle, text);
      if (option === 'ending') return { reason: 'no_ending', model };
      if (option === 'frames') return { reason: 'no_frames', model };
      if (option === 'references') {
        if (kind === 'video') return { reason: 'no_cast_in_video' };
        const [needed, max] = [Number(value), Number(allowed[0] ?? 0)];
        return { reason: 'too_many_references', needed, max, model, able };
      }
      return { reason: 'unsupported', option, value, allowed, model };
    }
  }
}

/** The commands that have a step of one of these kinds. */
const workflowsWith = (kinds: readonly string[]): CommandedWorkflow[] =>
  commandedWorkflows.filter((workflow) =>
    kindsFor(workflow, { frames: 1, change: 'picture' }).some((kind) => kinds.includes(kind)),
  );
