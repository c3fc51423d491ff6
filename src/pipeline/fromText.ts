import { kindsFor, type ProvidedKind, type RunOptions, type Workflow } from '../domain.ts';
import type { Capabilities } from './providers/provider.ts';

type Chosen = { provider: { capabilities: Pick<Capabilities, 'fromText'> } } | null;

/**
 * Whether the films of such a run begin with their words: nothing makes images, and the model for videos needs no first frame. Images to
 * choose from are no film, so a run with several frames is never one of these.
 */
export function isFromText(
  workflow: Workflow,
  { frames }: Pick<RunOptions, 'frames'>,
  choose: (kind: ProvidedKind) => Chosen,
): boolean {
  const isFilm = workflow === 'story' || (workflow === 'complete' && frames === 1);
  return isFilm && choose('image') === null && (choose('video')?.provider.capabilities.fromText ?? false);
}

/** The kinds of step of a run with these options, and with the models that are chosen for it, that need a provider. */
export function kindsWith(
  workflow: Workflow,
  options: Pick<RunOptions, 'frames' | 'change'>,
  choose: (kind: ProvidedKind) => Chosen,
): ProvidedKind[] {
  const kinds = kindsFor(workflow, options);
  return isFromText(workflow, options, choose) ? kinds.filter((kind) => kind !== 'image') : kinds;
}
