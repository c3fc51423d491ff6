import type { RunView } from '../../db/runs.ts';
import { settingsOf } from '../../db/workspaces.ts';
import { filmOf } from '../../pipeline/graph.ts';
import { extensionSecondsOf, nextOptions } from '../../pipeline/quote.ts';
import { withoutMarks } from '../../pipeline/steps/cast.ts';
import { shotOf } from '../../pipeline/steps/words.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { startRun } from '../commands/startRun.ts';

/** Makes the film of a run longer, by `seconds` or by as many as usual. The new run has a copy of the film. */
export async function extendRun(
  request: CommandRequest,
  view: RunView,
  seconds: number | null = null,
): Promise<Answer> {
  if (view.run.deletedAt) return { kind: 'refusal', refusal: { reason: 'run_deleted' } };
  const film = filmOf(view);
  const { services, workspace } = request;
  const { allowedModels } = await settingsOf(services.db, workspace.id);
  const added = seconds ?? extensionSecondsOf(services, view, await services.keys.of(workspace.id), allowedModels);
  if (!film || added === null) return { kind: 'refusal', refusal: { reason: 'nothing_to_extend' } };
  const last = view.steps.findLast(({ kind, state }) => kind === 'video' && state === 'done');
  return await startRun(request, {
    workflow: 'extend',
    prompt: withoutMarks(shotOf(view, last ?? film.step).motion),
    options: { ...nextOptions(view).extend, duration: added },
    image: null,
    origin: { how: 'extend', view },
    parent: { runId: view.run.id, step: film.step.number, isOnce: false },
    button: { action: 'extend', runId: view.run.id, step: null, prompt: null },
  });
}

/** Makes the rest of an unfinished run. What is done is taken over at no price. */
export async function continueRun(request: CommandRequest, view: RunView): Promise<Answer> {
  if (view.run.deletedAt) return { kind: 'refusal', refusal: { reason: 'run_deleted' } };
  const { workflow, prompt, options } = view.run;
  return await startRun(request, {
    workflow,
    prompt,
    options,
    image: null,
    origin: { how: 'continue', view },
    parent: { runId: view.run.id, step: null, isOnce: false },
    button: { action: 'continue', runId: view.run.id, step: null, prompt: null },
  });
}
