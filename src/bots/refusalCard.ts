import { type Block, type Button, type Card, textCard } from './card.ts';
import type { Refusal } from './commands/refusal.ts';
import type { Text } from './text.ts';

/**
 * The card for a requester whose command was not carried out. If the command only needs their confirmation, the card has a
 * button for it.
 */
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
    case 'costs_more':
      return { ...card, tone: 'warning', ...startAnew(refusal, card, text) };
    default:
      return card;
  }
}

/** The pressed button with its price, and the prompt that the requester typed, so that it is not lost. */
function startAnew(
  { button, priceCredits }: Extract<Refusal, { reason: 'costs_more' }>,
  card: Card,
  { runs, proposals }: Text,
) {
  if (!button) return {};
  const { action, runId, step, prompt, proposal } = button;
  if (proposal !== undefined) {
    const start: Button = {
      action: 'start',
      runId,
      label: runs.priced(proposals.start, priceCredits),
      style: 'plain',
      credits: priceCredits,
      proposal,
    };
    return { buttons: [start] };
  }
  const label = runs.priced(runs.buttons[action], priceCredits);
  const subject = step === null ? {} : { step };
  const buttons: Button[] = [{ action, runId, label, style: 'plain', credits: priceCredits, ...subject }];
  if (prompt === null) return { buttons };
  const words: Block = { kind: 'quotes', quotes: [{ label: runs.prompt.original, text: prompt }] };
  return { buttons, blocks: [...card.blocks, words] };
}

function stopButtons({ runId, cost }: Extract<Refusal, { reason: 'stop_costs' }>, { runs }: Text): Button[] {
  return [
    { action: 'cancel', runId, label: runs.canceling.stop, style: 'danger', credits: cost.credits },
    { action: 'keep', runId, label: runs.canceling.keep, style: 'plain' },
  ];
}
