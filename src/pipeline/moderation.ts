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
  /** The fate of a run that could not be moderated. */
  whenDown: 'refuse' | 'allow';
};

/** Content that is not worked on, found before any credit is held. */
export type Objection =
  | { outcome: 'blocked'; word: string }
  | { outcome: 'flagged'; categories: readonly string[] }
  | { outcome: 'unmoderated'; detail: string };

const patience = () => AbortSignal.timeout(10_000);

/** Looks at a prompt; null when there is nothing against it. Costs nothing. */
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

/** Looks at a given image; null when there is nothing against it. Costs nothing. */
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

/** Letters alone, without case, accents or the disguises of Unicode: `Ｐüppy` is `puppy`. */
const plain = (text: string) => withoutInvisible(text).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** The first blocked word or phrase that stands in a text as whole words; null when none does. */
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
