import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Step } from '../../db/runs.ts';
import { assetOf } from '../graph.ts';
import { JoinError } from '../media/join.ts';
import { ProviderError } from '../providers/provider.ts';
import type { Turn } from '../turnContext.ts';
import { retryWhileStoreAway } from './retryWhileAway.ts';

/** A clip as a file on this machine's disk. `dispose` removes it if it is a copy. */
export async function clipOnDisk(turn: Turn, step: Step): Promise<{ path: string; dispose: () => Promise<void> }> {
  const asset = assetOf(turn.view, step);
  if (!asset) throw new Error(`step ${step.number} of run ${step.runId} has no clip`);
  const { store, temporaryDirectory } = turn.deps;
  const link = await retryWhileStoreAway(turn, () => store.link(asset.objectKey));
  if (link.kind === 'file') return { path: link.path, dispose: async () => {} };
  const path = join(temporaryDirectory, `clip-${randomUUID()}`);
  const dispose = () => rm(path, { force: true });
  try {
    await mkdir(temporaryDirectory, { recursive: true, mode: 0o700 });
    await retryWhileStoreAway(turn, async () => {
      await pipeline(await store.open(asset.objectKey), createWriteStream(path), { signal: turn.signal });
    });
    return { path, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** A clip that cannot be read never can, so another attempt has no point. */
export function asJoinFailure(error: unknown): never {
  if (error instanceof JoinError) throw new ProviderError('no_output', error.message, { cause: error });
  throw error;
}
