import { readFile } from 'node:fs/promises';
import type { WorkspaceId } from '../domain.ts';
import { withoutInvisible } from '../plainText.ts';
import type { Keys } from './keys.ts';
import type { ReceivedFile } from './media/receive.ts';
import type { Moderate } from './providers/openai/moderation.ts';
import type { Vendors } from './providers/registry.ts';

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

const patience = () => AbortSignal.timeout(10_000);

/** Checks a prompt. Null if there is no objection. It costs nothing. */
export async function objectionToWords(
  deps: ModerationDeps,
  workspace: { id: WorkspaceId; brought: Vendors },
  blockedWords: readonly string[],
  prompt: string,
): Promise<Objection | null> {
  const word = blockedWordIn(prompt, blockedWords);
  if (word !== null) return { outcome: 'blocked', word };
  return await look(deps, workspace, async () => ({ text: prompt }));
}

/** Checks an input image. Null if there is no objection. It costs nothing. */
export const objectionToImage = (
  deps: ModerationDeps,
  workspace: { id: WorkspaceId; brought: Vendors },
  image: ReceivedFile,
): Promise<Objection | null> =>
  look(deps, workspace, async () => ({ images: [{ bytes: await readFile(image.path), mime: image.mime }] }));

async function look(
  deps: ModerationDeps,
  workspace: { id: WorkspaceId; brought: Vendors },
  read: () => Promise<Parameters<Moderate>[0]>,
): Promise<Objection | null> {
  const key = await deps.keys.forModeration(workspace.id, workspace.brought);
  if (!key) return null;
  const seen = await deps.moderate(await read(), { key, signal: patience() });
  switch (seen.outcome) {
    case 'clean':
      return null;
    case 'flagged':
      return seen;
    case 'unreachable':
      return deps.whenDown === 'allow' ? null : { outcome: 'unmoderated', detail: seen.detail };
  }
}

/** Removes case, accents and Unicode disguises from a text: `Ｐüppy` becomes `puppy`. */
const plain = (text: string) => withoutInvisible(text).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** The first blocked word or phrase that a text contains as whole words. Null if there is none. */
function blockedWordIn(text: string, blockedWords: readonly string[]): string | null {
  const words = ` ${plain(text).replace(/[^\p{L}\p{N}]+/gu, ' ')} `;
  const found = blockedWords.find((blocked) => {
    const wanted = plain(blocked)
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
    return wanted !== '' && words.includes(` ${wanted} `);
  });
  return found ?? null;
}
