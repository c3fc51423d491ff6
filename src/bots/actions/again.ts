import type { RunView } from '../../db/runs.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { startRun } from '../commands/startRun.ts';

/**
 * Starts a run like another one, with a new prompt if `edited` gives one. It is a new command of the requester: the request
 * brings the key that makes a repeated delivery one run. The image of a video run is copied, so that deleting one of the two
 * runs does not affect the other.
 */
export async function runAgain(request: CommandRequest, view: RunView, edited: string | null = null): Promise<Answer> {
  const { workflow, options, deletedAt } = view.run;
  const input = view.assets.find((asset) => asset.step === null) ?? null;
  if (workflow === 'video' && (deletedAt || input === null)) {
    return { kind: 'refusal', refusal: { reason: 'run_deleted' } };
  }
  if (input?.removedAt) return { kind: 'refusal', refusal: { reason: 'media_expired' } };
  const prompt = edited ?? view.run.prompt;
  const button = { action: edited === null ? 'again' : 'edit', runId: view.run.id, prompt: edited } as const;
  return await startRun(fromStore(request), { workflow, prompt, options, image: input?.objectKey ?? null, button });
}

/** The same request, but its `openImage` resolves objects of the store. */
export const fromStore = (request: CommandRequest): CommandRequest => ({
  ...request,
  openImage: async (key) => await request.services.store.open(key),
});
