import { setTimeout as delay } from 'node:timers/promises';
import type { WorkspaceId } from '../domain.ts';
import { withoutInvisible } from '../plainText.ts';
import type { Keys } from './keys.ts';
import type { ReceivedFile } from './media/receive.ts';
import type { Still } from './media/stills.ts';
import type { Moderate } from './providers/moderation.ts';
import type { Vendors } from './providers/registry.ts';
import { createTimeLimits } from './timeLimits.ts';

export type ModerationDeps = {
  keys: Keys;
  moderate: Moderate;
  /** Whether to refuse or allow a run that could not be moderated. */
  whenDown: 'refuse' | 'allow';
};

/** The reason why VidGenie refuses content. It is found before any credits are held. */
export type Objection =
  | { outcome: 'blocked'; word: string }
  | { outcome: 'flagged'; categories: readonly string[] }
  | { outcome: 'unmoderated'; detail: string };

/** The same about pictures, which contain no words. */
export type LookObjection = Exclude<Objection, { outcome: 'blocked' }>;

type Moderated = { id: WorkspaceId; brought: Vendors };

/** In milliseconds. How long one attempt may take. */
const attemptMs = 10_000;

/**
 * In milliseconds. What VidGenie has made is paid for, and a single failure of a free service must not lose it. So moderation is asked
 * again after these pauses. A member who waits for an answer to a command is told at once.
 */
const resultPausesMs = [500, 2_000];

/** Checks a prompt. Null if there is no objection. It costs nothing. */
export async function objectionToWords(
  deps: ModerationDeps,
  workspace: Moderated,
  blockedWords: readonly string[],
  prompt: string,
): Promise<Objection | null> {
  const word = blockedWordIn(prompt, blockedWords);
  if (word !== null) return { outcome: 'blocked', word };
  return await look(deps, workspace, async () => ({ text: prompt }), null);
}

/** Checks words that a model has written. */
export async function objectionToWritten(
  deps: ModerationDeps,
  workspace: Moderated,
  blockedWords: readonly string[],
  written: readonly string[],
  signal: AbortSignal,
): Promise<Objection | null> {
  const words = written.map((text) => blockedWordIn(text, blockedWords));
  const word = words.find((one) => one !== null);
  if (word) return { outcome: 'blocked', word };
  return await look(deps, workspace, async () => ({ text: written.join('\n') }), signal);
}

/**
 * Checks what a model has made, by its pictures. `read` is called only if there is a key for moderation. Null: it has no pictures that
 * can be read, so it is not moderated.
 */
export const objectionToStills = (
  deps: ModerationDeps,
  workspace: Moderated,
  read: () => Promise<readonly Still[] | null>,
  signal: AbortSignal,
): Promise<LookObjection | null> => {
  const input = async () => {
    const images = await read();
    return images && { images };
  };
  return look(deps, workspace, input, signal);
};

/** Checks an input image. Null if there is no objection. It costs nothing. */
export const objectionToImage = (
  deps: ModerationDeps,
  workspace: Moderated,
  image: ReceivedFile,
): Promise<LookObjection | null> => {
  const read = async () => {
    // Loaded only when it is needed, because it brings a video library with it.
    const { smallStill } = await import('./media/stills.ts');
    return { images: [await smallStill(image.path)] };
  };
  return look(deps, workspace, read, null);
};

/** `signal`: of the turn that has made what is checked. Null if a member waits for the answer. */
async function look(
  deps: ModerationDeps,
  workspace: Moderated,
  read: () => Promise<Parameters<Moderate>[0] | null>,
  signal: AbortSignal | null,
): Promise<LookObjection | null> {
  const key = await deps.keys.forModeration(workspace.id, workspace.brought);
  if (!key) return null;
  const input = await read();
  if (!input) return unmoderated(deps, 'There is nothing to show to moderation.');
  const pausesMs = signal ? resultPausesMs : [];
  for (let failed = 0; ; failed += 1) {
    const limits = createTimeLimits(signal ?? new AbortController().signal);
    const seen = await deps.moderate(input, { key, signal: limits.within(attemptMs) }).finally(limits.clear);
    signal?.throwIfAborted();
    if (seen.outcome === 'clean') return null;
    if (seen.outcome === 'flagged') return seen;
    const pauseMs = pausesMs[failed];
    if (pauseMs === undefined) return unmoderated(deps, seen.detail);
    await delay(pauseMs, undefined, signal ? { signal } : {});
  }
}

const unmoderated = ({ whenDown }: Pick<ModerationDeps, 'whenDown'>, detail: string): LookObjection | null =>
  whenDown === 'allow' ? null : { outcome: 'unmoderated', detail };

/** Removes case, accents and Unicode disguises from a text: `Ｐüppy` becomes `puppy`. */
const plain = (text: string) => withoutInvisible(text).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** The first blocked word or phrase that a text contains as whole words. Null if there is none. */
export function blockedWordIn(text: string, blockedWords: readonly string[]): string | null {
  const words = ` ${plain(text).replace(/[^\p{L}\p{N}]+/gu, ' ')} `;
  const found = blockedWords.find((blocked) => {
    const wanted = plain(blocked)
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
    return wanted !== '' && words.includes(` ${wanted} `);
  });
  return found ?? null;
}
