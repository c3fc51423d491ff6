import type { RunView } from '../db/runs.ts';
import type { Progress } from '../pipeline/progress.ts';
import type { NextPrices } from '../pipeline/submit.ts';
import { chosen } from './acceptedCard.ts';
import type { Block, Card } from './card.ts';
import { mediaOf, runCard } from './runCard.ts';
import type { Text } from './text.ts';

/** The last word about a run: what it made, by which models, what it cost, and what is left. */
export function resultCard(
  view: RunView,
  progress: Progress,
  text: Text,
  known: { balance: number; prices: NextPrices },
): Card {
  const card = runCard(view, progress, text, known);
  const made = mediaOf(view, text).map(({ kind, label, width, height, seconds, bytes }) => {
    const model = view.steps.find((step) => step.kind === kind)?.model ?? '';
    const size = text.runs.media.size(width, height, seconds, text.measures.bytes(bytes));
    return { label, value: `${model}, ${size}` };
  });
  const options = {
    label: text.runs.optionLabels.options,
    value: chosen(view.run.workflow, view.run.options, text),
  };
  const fields: Block = { kind: 'fields', fields: [...made, options] };
  return { ...card, blocks: [...card.blocks.filter((block) => block.kind !== 'progress'), fields] };
}
