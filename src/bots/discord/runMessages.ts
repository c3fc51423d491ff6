import type { RunView } from '../../db/runs.ts';
import type { RunId } from '../../domain.ts';
import type { Progress } from '../../pipeline/progress.ts';
import { type Block, type Card, textCard } from '../card.ts';
import { runCard } from '../runCard.ts';
import type { Text } from '../text.ts';
import { previewName } from './media.ts';
import { type MessageBody, messageOf } from './render.ts';

/** How a run stands, with a small copy of its image as soon as there is one. */
export function progressMessage(
  view: RunView,
  progress: Progress,
  text: Text,
  preview: { spoilers: boolean } | null,
): MessageBody {
  const card = withoutMedia(runCard(view, progress, text));
  if (!preview) return messageOf(card, text);
  const { spoilers } = preview;
  const pictures = [{ name: previewName, label: text.runs.media.image }];
  return messageOf(card, text, { pictures, spoilers });
}

/** The progress message when it is over: what became of each step. The result below has the words, and the buttons. */
export function finalProgress(view: RunView, progress: Progress, text: Text): MessageBody {
  const card = withoutMedia(runCard(view, progress, text));
  const blocks = card.blocks.filter((block) => block.kind !== 'quotes');
  return messageOf({ ...card, blocks, buttons: [] }, text);
}

/** The answer to the command, when it is over: the channel sees the outcome of a member's words and finds the thread. */
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

/** The message that a run posts in place of an answer: what was asked for, and by whom, as Discord shows above an answer. */
export function rootMessage(view: RunView, progress: Progress, text: Text): MessageBody {
  const card = withoutMedia(runCard(view, progress, text));
  return messageOf(card, text, { lines: linesOf(view, text, { threadId: null, isPosted: true }) });
}

const linesOf = ({ run }: RunView, text: Text, at: { threadId: string | null; isPosted: boolean }): string[] => [
  ...(at.isPosted ? [text.discord.askedBy(run.memberId)] : []),
  ...(at.threadId === null ? [] : [text.discord.thread(at.threadId)]),
];

export const deletedMessage = (by: string, text: Text): MessageBody =>
  messageOf(textCard('plain', text.runs.deleted.title, text.runs.deleted.text(by)), text);

const withoutMedia = (card: Card): Card => ({ ...card, media: [] });

/** At most 25 characters, the same for the same message of the same run: Discord then posts it once. */
export const nonceOf = (message: 'a' | 'p' | 'r' | 'w', id: RunId | string): string =>
  `${message}${Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')}`.slice(0, 25);
