import { closest, distance } from 'fastest-levenshtein';
import { castNamed, castNames } from '../db/cast.ts';
import type { Tx } from '../db/client.ts';
import type { CastEntry, WorkspaceId } from '../domain.ts';
import { namesIn } from './steps/cast.ts';

/** A prompt names somebody whom the workspace's cast does not have. `nearest` is a similar name, if there is one. */
export type NotInCast = { outcome: 'not_in_cast'; name: string; nearest: string | null };

type Named = { outcome: 'found'; cast: CastEntry[] } | NotInCast;

/** The entries of the cast that a prompt names, in the order of their names in it. */
export async function castOf(tx: Tx, workspaceId: WorkspaceId, prompt: string): Promise<Named> {
  const names = namesIn(prompt);
  if (names.length === 0) return { outcome: 'found', cast: [] };
  const found = await castNamed(tx, workspaceId, names);
  const missing = names.find((name) => !found.some((entry) => entry.name === name));
  if (missing !== undefined) {
    return { outcome: 'not_in_cast', name: missing, nearest: nearestOf(missing, await castNames(tx, workspaceId)) };
  }
  return { outcome: 'found', cast: names.flatMap((name) => found.find((entry) => entry.name === name) ?? []) };
}

/** The name that somebody may have meant. Null if none is similar. */
export function nearestOf(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const nearest = closest(name, known);
  return distance(name, nearest) <= Math.max(2, name.length / 3) ? nearest : null;
}
