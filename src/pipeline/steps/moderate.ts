import type { RunView, Step } from '../../db/runs.ts';
import { failStep } from '../../db/turns.ts';
import type { EnhancedPrompt, Failure } from '../../domain.ts';
import { assetOf, clipsToJoin, givenOf, inputsOf, sourceOf } from '../graph.ts';
import { vendorsAmong } from '../keys.ts';
import type { ReceivedFile } from '../media/receive.ts';
import { type Still, smallStill, stillsOfFilm } from '../media/stills.ts';
import { type LookObjection, type Objection, objectionToStills, objectionToWritten } from '../moderation.ts';
import type { ProviderCost } from '../providers/provider.ts';
import type { Turn } from '../turnContext.ts';
import { retryWhileDatabaseAway } from './retryWhileAway.ts';

/** In milliseconds. A film whose frames take longer than this to decode is not moderated. */
const decodeMs = 60_000;

/** The category of a result that is hidden because it could not be moderated. */
const unmoderated = 'unmoderated';

/** The verdict on a result. `flagged`: the categories for which it is shown behind a spoiler. Null: it is shown. */
type Verdict = { outcome: 'shown'; flagged: string[] | null } | { outcome: 'withheld'; failure: Failure };

/**
 * Checks what `enhance` wrote by the workspace's blocked words, and by moderation if there is a key for it. Of a look at a frame only the
 * motion is used.
 */
export async function verdictOnWords(turn: Turn, step: Step, written: EnhancedPrompt): Promise<Verdict> {
  const { deps, signal } = turn;
  const isLook = inputsOf(turn.view, step).some(({ kind }) => kind === 'image');
  const shots = [written, ...(written.shots ?? [])];
  const words = isLook ? [written.motion] : shots.flatMap(({ image, motion }) => [image, motion]);
  const { blockedWords } = turn.standing().settings;
  const objection = await objectionToWritten(deps.moderation, moderated(turn), blockedWords, words, signal);
  reached(turn, step);
  return objection ? { outcome: 'withheld', failure: failureOfWords(objection) } : { outcome: 'shown', flagged: null };
}

/** Moderates what a provider has made, as the workspace wishes it. It looks at the part of a film that is new. */
export async function verdictOnMedia(turn: Turn, step: Step, media: ReceivedFile): Promise<Verdict> {
  const { results } = turn.standing().settings;
  if (results === 'off') return { outcome: 'shown', flagged: null };
  const objection = await objectionTo(turn, step, media);
  reached(turn, step);
  if (!objection) return { outcome: 'shown', flagged: null };
  const { deps, lease } = turn;
  deps.log.info(
    { runId: lease.runId, step: step.kind, number: step.number, results, objection },
    'a result was flagged',
  );
  if (results === 'withhold') return { outcome: 'withheld', failure: failureOfMedia(objection) };
  return { outcome: 'shown', flagged: objection.outcome === 'flagged' ? [...objection.categories] : [unmoderated] };
}

/** The result that the vendor charged is recorded, but nobody gets it. The end of the run releases the step's credits. */
export async function withhold(
  turn: Turn,
  step: Step,
  failure: Failure,
  cost: ProviderCost | null,
): Promise<'withheld'> {
  const { deps, lease } = turn;
  await retryWhileDatabaseAway(turn, () => failStep(deps.db, lease, step.number, failure, cost));
  deps.reachFailpoint('step_failed', { runId: lease.runId, step: step.kind, number: step.number });
  return 'withheld';
}

/** A film contains the clips that it is made of, and the picture with which it begins. So it is flagged if one of them is. */
export function inheritedFlags(view: RunView, step: Step): string[] {
  const parts = step.kind === 'join' ? clipsToJoin(view, step) : inputsOf(view, step);
  const given = step.kind === 'video' && !sourceOf(view, step) ? givenOf(view) : null;
  const assets = step.kind === 'image' ? [] : [...parts.map((part) => assetOf(view, part)), given];
  return assets.flatMap((asset) => asset?.flagged ?? []);
}

const moderated = (turn: Turn) => ({
  id: turn.view.run.workspaceId,
  brought: vendorsAmong(turn.standing().keyProviders),
});

const reached = ({ deps, lease }: Turn, { kind, number }: Step) =>
  deps.reachFailpoint('step_moderated', { runId: lease.runId, step: kind, number });

async function objectionTo(turn: Turn, step: Step, media: ReceivedFile): Promise<LookObjection | null> {
  const { deps, lease, signal } = turn;
  const read = async () => {
    try {
      return media.kind === 'image' ? [await smallStill(media.path)] : await stillsOfNewPart(turn, step, media);
    } catch (error) {
      signal.throwIfAborted();
      deps.log.warn(
        { runId: lease.runId, step: step.kind, number: step.number, error },
        'a result cannot be moderated',
      );
      return null;
    }
  };
  return await objectionToStills(deps.moderation, moderated(turn), read, signal);
}

async function stillsOfNewPart({ deps, view, within }: Turn, step: Step, film: ReceivedFile): Promise<Still[]> {
  const source = step.isExtension ? sourceOf(view, step) : null;
  const from = (source && assetOf(view, source)?.seconds) ?? 0;
  return await stillsOfFilm(film, from, { directory: deps.temporaryDirectory, signal: within(decodeMs) });
}

/** The words themselves are in no failure and in no log. */
function failureOfWords(objection: Objection): Failure {
  switch (objection.outcome) {
    case 'blocked':
      return { kind: 'refused', detail: 'what was written for the prompt contains a blocked word' };
    case 'flagged':
      return {
        kind: 'refused',
        detail: `moderation objected to what was written for the prompt (${listed(objection)})`,
      };
    case 'unmoderated':
      return { kind: 'refused', detail: 'what was written for the prompt could not be moderated' };
  }
}

function failureOfMedia(objection: LookObjection): Failure {
  switch (objection.outcome) {
    case 'flagged': {
      const detail = `moderation objected to the result (${listed(objection)}), and this workspace withholds such results`;
      return { kind: 'refused', detail, withheld: objection.categories };
    }
    case 'unmoderated': {
      const detail = 'the result could not be moderated, and this workspace withholds such results';
      return { kind: 'refused', detail, withheld: [] };
    }
  }
}

const listed = ({ categories }: { categories: readonly string[] }) => categories.join(', ');
