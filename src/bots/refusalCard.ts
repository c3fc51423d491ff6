import { type Card, textCard } from './card.ts';
import type { Refusal } from './commands/refusal.ts';
import type { Text } from './text.ts';

/** What somebody reads whose command was not carried out. */
export function refusalCard(refusal: Refusal, text: Text): Card {
  const { title, text: sentence } = text.refusals.refusal(refusal);
  const card = textCard('bad', title, sentence);
  if (refusal.reason !== 'elsewhere') return card;
  const open = { kind: 'channels', label: text.refusals.openChannels, channelIds: refusal.channels } as const;
  return { ...card, blocks: [...card.blocks, open] };
}
