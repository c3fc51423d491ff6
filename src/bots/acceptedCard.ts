import type { RunView } from '../db/runs.ts';
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
    ...(started.models.length === 0 ? [] : [{ label: runs.optionLabels.models, value: started.models.join(' · ') }]),
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
export function acceptedWords({ priceCredits, balance, models, queue }: Started, { runs }: Text): string {
  const waits = queue.ahead > 0 || queue.limit !== null;
  const chosen = models.length === 0 ? [] : [runs.withModels(models)];
  return [runs.accepted(priceCredits, balance), ...chosen, ...(waits ? [runs.queue(queue)] : [])].join(' ');
}

/** The models that somebody chose for a run and that make a step of it. */
export const chosenModels = ({ run, steps }: Pick<RunView, 'run' | 'steps'>): string[] =>
  run.options.models.filter((model) => steps.some((step) => step.model === model));

/** The options that matter to a workflow, in the order in which people meet them. */
export function chosen(workflow: Workflow, options: RunOptions, text: Text): string {
  const { style, quality, aspect, duration, resolution, audio, variants, scenes, cut, frames, change } = options;
  const { counted, withSound } = text.runs;
  const seconds = text.commands.settings.seconds(duration);
  const film = [seconds, resolution, withSound(audio)];
  const picture = [style, quality, aspect];
  switch (workflow) {
    case 'image':
      return [...picture, ...(variants > 1 ? [counted.images(variants)] : [])].join(' · ');
    case 'video':
      return [aspect, ...film].join(' · ');
    case 'extend':
      return [`+${seconds}`, resolution, withSound(audio)].join(' · ');
    case 'story':
      return [counted.scenes(scenes), ...picture, ...film, ...(cut === 'fade' ? [counted.fade] : [])].join(' · ');
    case 'complete':
      return [...picture, ...(frames > 1 ? [counted.frames(frames)] : film)].join(' · ');
    case 'edit': {
      const several = change === 'vary' && variants > 1 ? [counted.images(variants)] : [];
      return [quality, aspect, ...several, ...(change === 'film' || change === 'ending' ? film : [])].join(' · ');
    }
  }
}
