import type { Asset, Step } from '../../db/runs.ts';
import { assetOf } from '../graph.ts';
import type { Picture } from '../providers/provider.ts';
import type { Turn } from '../turnContext.ts';
import { retryWhileStoreAway } from './retryWhileAway.ts';

/** The image that a step has made. */
export async function pictureOf(turn: Turn, step: Step): Promise<Picture> {
  const asset = assetOf(turn.view, step);
  if (!asset) throw new Error(`step ${step.number} of run ${step.runId} has no image`);
  return await readPicture(turn, asset);
}

export async function readPicture(
  turn: Turn,
  { objectKey, mime, width, height }: Pick<Asset, 'objectKey' | 'mime' | 'width' | 'height'>,
): Promise<Picture> {
  const content = await retryWhileStoreAway(turn, () => turn.deps.store.read(objectKey));
  return { content, mime, width, height };
}
