import type { RunView } from '../../db/runs.ts';
import type { RunId } from '../../db/vocabulary.ts';
import type { Progress } from '../../pipeline/progress.ts';
import { type Card, textCard } from '../card.ts';
import { runCard } from '../runCard.ts';
import type { Text } from '../text.ts';
import { type MessageBody, messageOf, type Shown } from './render.ts';

/** How a run stands, with a small copy of its image as soon as there is one. */
export function progressMessage(view: RunView, progress: Progress, text: Text, hasPreview: boolean): MessageBody {
  const pictures = hasPreview ? [{ name: 'preview.jpg', label: text.runs.media.image }] : [];
  return messageOf(withoutMedia(runCard(view, progress, text)), text, { pictures });
}

/** The progress message when it is over: what became of each step. The result has a message of its own, with the buttons. */
export const finalProgress = (view: RunView, progress: Progress, text: Text): MessageBody =>
  messageOf({ ...withoutMedia(runCard(view, progress, text)), buttons: [] }, text);

/** The answer to the command, when it is over: the channel sees the outcome and finds the thread. */
export function outcomeMessage(view: RunView, progress: Progress, text: Text, threadId: string | null): MessageBody {
  const card = withoutMedia(runCard(view, progress, text));
  const blocks = card.blocks.filter((block) => block.kind !== 'progress');
  const shown: Shown = threadId === null ? {} : { lines: [text.discord.thread(threadId)] };
  return messageOf({ ...card, blocks, buttons: [] }, text, shown);
}

export const deletedMessage = (by: string, text: Text): MessageBody =>
  messageOf(textCard('plain', text.runs.deleted.title, text.runs.deleted.text(by)), text);

const withoutMedia = (card: Card): Card => ({ ...card, media: [] });

/** At most 25 characters, the same for the same message of the same run: Discord then posts it once. */
export const nonceOf = (message: 'p' | 'r' | 'w', id: RunId | string): string =>
  `${message}${Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')}`.slice(0, 25);
