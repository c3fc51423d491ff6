import type { RunId, RunOptions, Workflow } from '../domain.ts';
import type { Block, Card } from './card.ts';
import type { Started } from './commands/request.ts';
import type { Text } from './text.ts';

type Accepted = { runId: RunId; workflow: Workflow; prompt: string; started: Started };

/** The first message about a run: what was asked for, the price, the balance, and the queue position. */
export function acceptedCard({ runId, workflow, prompt, started }: Accepted, text: Text): Card {
  const { runs } = text;
  const fields = [
    { label: runs.optionLabels.options, value: chosen(workflow, started.options, text) },
    { label: runs.optionLabels.price, value: runs.accepted(started.priceCredits, started.balance) },
    { label: runs.optionLabels.queue, value: runs.queue(started.queue) },
  ];
  const blocks: Block[] = [
    { kind: 'quotes', quotes: [{ label: runs.prompt.original, text: prompt }] },
    { kind: 'fields', fields },
  ];
  const buttons = [{ action: 'cancel', runId, label: runs.buttons.cancel, style: 'danger' }] as const;
  return { tone: 'plain', title: runs.acceptedTitle(workflow), blocks, media: [], buttons };
}

/** The same in a line or two. We do not mention that a run is next: its progress appears in a moment. */
export function acceptedWords({ priceCredits, balance, queue }: Started, { runs }: Text): string {
  const waits = queue.ahead > 0 || queue.limit !== null;
  return [runs.accepted(priceCredits, balance), ...(waits ? [runs.queue(queue)] : [])].join(' ');
}

/** The options that matter to a workflow, in the order in which people meet them. */
export function chosen(workflow: Workflow, options: RunOptions, text: Text): string {
  const { style, quality, aspect, duration, resolution, audio } = options;
  const picture = workflow === 'video' ? [aspect] : [style, quality, aspect];
  const film = [text.commands.settings.seconds(duration), resolution, text.runs.withSound(audio)];
  return (workflow === 'image' ? picture : [...picture, ...film]).join(' · ');
}
