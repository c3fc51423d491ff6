import type { RunView } from '../../db/runs.ts';
import type { RunId } from '../../domain.ts';
import type { Progress } from '../../pipeline/progress.ts';
import { type Block, type Card, textCard } from '../card.ts';
import { runCard } from '../runCard.ts';
import type { Text } from '../text.ts';
import { previewName } from './media.ts';
import { type MessageBody, messageOf } from './render.ts';

/** Shows a run's state, with a small copy of each image as soon as there is one. */
export function progressMessage(
  view: RunView,
  progress: Progress,
  text: Text,
  images: readonly { step: number; isSpoiler: boolean }[] = [],
): MessageBody {
  const card = withoutMedia(runCard(view, progress, text));
  const pictures = images.map(({ step, isSpoiler }) => ({
    name: previewName(step),
    label: text.runs.media.image,
    isSpoiler,
  }));
  return messageOf(card, text, { pictures });
}

/** The progress message at the end: the outcome of each step. The result below it has the prompt and the buttons. */
export function finalProgress(view: RunView, progress: Progress, text: Text): MessageBody {
  const card = withoutMedia(runCard(view, progress, text));
  const blocks = card.blocks.filter((block) => block.kind !== 'quotes');
  return messageOf({ ...card, blocks, buttons: [] }, text);
}

/** The answer to the command at the end: it shows the channel the outcome and a link to the thread. */
export function outcomeMessage(
  view: RunView,
  progress: Progress,
  text: Text,
  at: { threadId: string | null; isPosted: boolean },
): MessageBody {
  const card = withoutMedia(runCard(view, progress, text));
  const blocks = card.blocks.flatMap((block): Block[] => {
    if (block.kind === 'progress') return [];
    return block.kind === 'quotes' ? [{ ...block, quotes: block.quotes.slice(0, 1) }] : [block];
  });
  return messageOf({ ...card, blocks, buttons: [] }, text, { lines: linesOf(view, text, at) });
}

/**
 * The root message that a run posts if it has no answer to use: the prompt and the requester, as Discord shows them above an
 * answer.
 */
export function rootMessage(view: RunView, progress: Progress, text: Text): MessageBody {
  const card = withoutMedia(runCard(view, progress, text));
  return messageOf(card, text, { lines: linesOf(view, text, { threadId: null, isPosted: true }) });
}

const linesOf = ({ run }: RunView, text: Text, at: { threadId: string | null; isPosted: boolean }): string[] => [
  ...(at.isPosted ? [text.discord.askedBy(run.memberId)] : []),
  ...(at.threadId === null ? [] : [text.discord.thread(at.threadId)]),
];

export const deletedMessage = (by: string | null, text: Text): MessageBody =>
  messageOf(textCard('plain', text.runs.deleted.title, text.runs.deleted.text(by)), text);

const withoutMedia = (card: Card): Card => ({ ...card, media: [] });

/** At most 25 characters, and always the same for the same message of a run. So Discord posts it once. */
export const nonceOf = (message: 'a' | 'p' | 'r' | 'w', id: RunId | string): string =>
  `${message}${Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')}`.slice(0, 25);
