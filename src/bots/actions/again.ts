import type { RunView } from '../../db/runs.ts';
import { givenOf } from '../../pipeline/graph.ts';
import { nextOptions } from '../../pipeline/quote.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { startRun } from '../commands/startRun.ts';
import { fromStore } from './subject.ts';

/**
 * Starts a run like another one, with a new prompt if `edited` gives one. It is a new command of the requester: the request
 * brings the key that makes a repeated delivery one run. The image that the run was given is copied, so that deleting one of the
 * two runs does not affect the other.
 */
export async function runAgain(request: CommandRequest, view: RunView, edited: string | null = null): Promise<Answer> {
  const { workflow, deletedAt } = view.run;
  const { again: options } = nextOptions(view);
  // The film that such a run is made of belongs to another run.
  if (options === null) return { kind: 'refusal', refusal: { reason: 'nothing_to_extend' } };
  const input = givenOf(view);
  const needsImage = workflow === 'video' || workflow === 'edit';
  if (needsImage && (deletedAt || input === null)) return { kind: 'refusal', refusal: { reason: 'run_deleted' } };
  if (input && (deletedAt || input.removedAt)) return { kind: 'refusal', refusal: { reason: 'media_expired' } };
  return await startRun(fromStore(request), {
    workflow,
    prompt: edited ?? view.run.prompt,
    options,
    image: input?.objectKey ?? null,
    parent: { runId: view.run.id, step: null, isOnce: false },
    button: { action: edited === null ? 'again' : 'edit', runId: view.run.id, step: null, prompt: edited },
  });
}
