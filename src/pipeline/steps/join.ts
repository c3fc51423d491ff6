import { rm } from 'node:fs/promises';
import type { Step } from '../../db/runs.ts';
import { beginStoring } from '../../db/turns.ts';
import { clipsToJoin } from '../graph.ts';
import { joinClips } from '../media/join.ts';
import { ProviderError } from '../providers/provider.ts';
import type { After, Turn } from '../turnContext.ts';
import { asJoinFailure, clipOnDisk } from './clips.ts';
import { keepFile } from './media.ts';

/** In milliseconds. A film that takes longer than this to join is given up. */
export const joinDeadlineMs = 10 * 60_000;

/** Joining needs no provider and costs nothing, so it may be begun as often as it takes. */
export async function beginJoin({ deps, lease }: Turn, step: Step): Promise<After> {
  await beginStoring(deps.db, lease, step.number, null);
  deps.reachFailpoint('step_storing', { runId: lease.runId, step: 'join', number: step.number });
  return 'go_on';
}

/** Clips → one film. A clip that cannot be read fails the step, and the clips are delivered as they are. */
export async function joinStep(turn: Turn, step: Step): Promise<After> {
  const { deps, view } = turn;
  turn.narrator.tell();
  const opened: Awaited<ReturnType<typeof clipOnDisk>>[] = [];
  try {
    const clips = [];
    for (const source of clipsToJoin(view, step)) {
      const clip = await clipOnDisk(turn, source);
      opened.push(clip);
      clips.push({
        path: clip.path,
        label: source.scene === null ? `clip ${clips.length + 1}` : `scene ${source.scene}`,
      });
    }
    const { cut, audio } = view.run.options;
    const late = AbortSignal.timeout(joinDeadlineMs);
    const signal = AbortSignal.any([turn.signal, late]);
    const options = { cut, audio, directory: deps.temporaryDirectory, signal };
    const path = await joinClips(clips, options).catch((error: unknown) => {
      turn.signal.throwIfAborted();
      // Another attempt would take as long.
      if (late.aborted) throw new ProviderError('no_output', 'the film took too long to join', { cause: error });
      return asJoinFailure(error);
    });
    try {
      await keepFile(turn, step, path);
    } finally {
      await rm(path, { force: true });
    }
    return 'go_on';
  } finally {
    await Promise.all(opened.map(({ dispose }) => dispose()));
  }
}
