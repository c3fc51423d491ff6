import { type Button, type Card, textCard } from './card.ts';
import type { Refusal } from './commands/refusal.ts';
import type { Text } from './text.ts';

/** What somebody reads whose command was not carried out. What only waits for their word has the buttons to say it. */
export function refusalCard(refusal: Refusal, text: Text): Card {
  const { title, text: sentence } = text.refusals.refusal(refusal);
  const card = textCard('bad', title, sentence);
  switch (refusal.reason) {
    case 'elsewhere': {
      const open = { kind: 'channels', label: text.refusals.openChannels, channelIds: refusal.channels } as const;
      return { ...card, blocks: [...card.blocks, open] };
    }
    case 'stop_costs':
      return { ...card, tone: 'warning', buttons: stopButtons(refusal, text) };
    default:
      return card;
  }
}

function stopButtons({ runId, cost }: Extract<Refusal, { reason: 'stop_costs' }>, { runs }: Text): Button[] {
  return [
    { action: 'cancel', runId, label: runs.canceling.stop, style: 'danger', credits: cost.credits },
    { action: 'keep', runId, label: runs.canceling.keep, style: 'plain' },
  ];
}
