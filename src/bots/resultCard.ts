import type { RunView } from '../db/runs.ts';
import type { Progress } from '../pipeline/progress.ts';
import type { NextPrices } from '../pipeline/quote.ts';
import { chosen } from './acceptedCard.ts';
import type { Block, Card } from './card.ts';
import { mediaOf, runCard } from './runCard.ts';
import type { Text } from './text.ts';

/** The last message about a run: its results, the models that made them, the cost, and the balance. */
export function resultCard(
  view: RunView,
  progress: Progress,
  text: Text,
  known: { balance: number; prices: NextPrices; parentVersion?: number | null },
): Card {
  const card = runCard(view, progress, text, known);
  const made = mediaOf(view, text).map(({ step, kind, label, width, height, seconds, bytes }) => {
    // A film of several clips names the model that made the clips.
    const own = view.steps.find(({ number }) => number === step);
    const maker = own?.kind === 'join' ? view.steps.find((one) => one.kind === kind) : own;
    const model = maker?.model ?? '';
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
