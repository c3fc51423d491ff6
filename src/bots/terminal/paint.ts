import { stripVTControlCharacters, styleText } from 'node:util';
import type { Block, Card, CardMedia, Entry, Quote, StepLine, Tone } from '../card.ts';
import type { Text } from '../text.ts';
import { cut, pad, widthOf, wrap } from './columns.ts';
import { safe, safeLine } from './safe.ts';

/** How to paint: the width, the colours, and where the media of a card are. */
export type Canvas = {
  columns: number;
  hasColour: boolean;
  text: Text;
  /** The place of an object: a path or an address. */
  linkOf: (objectKey: string) => string | null;
};

export type Format = Parameters<typeof styleText>[0];

export const styled = (canvas: Pick<Canvas, 'hasColour'>, format: Format, words: string): string =>
  canvas.hasColour ? styleText(format, words, { validateStream: false }) : words;

const toneMarks: Record<Tone, { mark: string; format: Format }> = {
  plain: { mark: '·', format: 'bold' },
  working: { mark: '●', format: ['bold', 'cyan'] },
  good: { mark: '✓', format: ['bold', 'green'] },
  warning: { mark: '!', format: ['bold', 'yellow'] },
  bad: { mark: '✗', format: ['bold', 'red'] },
};

/** A card as lines. None is wider than the canvas, except the places of media, because people copy them whole. */
export function paintCard(card: Card, canvas: Canvas): string[] {
  const { mark, format } = toneMarks[card.tone];
  const title = wrap(safe(card.title), canvas.columns - 2).map((line, index) => `${index === 0 ? mark : ' '} ${line}`);
  const blocks = card.blocks.flatMap((block) => paintBlock(block, canvas));
  const media = card.media.flatMap((medium) => paintMedium(medium, canvas));
  return [...title.map((line) => styled(canvas, format, line)), ...indented([...blocks, ...media], canvas)];
}

/** A path that is wider than the canvas starts at the edge. The terminal breaks it, and people can still copy it whole. */
const indented = (lines: readonly string[], { columns }: Canvas) =>
  lines.map((line) => (line === '' || widthOf(stripVTControlCharacters(line)) > columns - 2 ? line : `  ${line}`));

const inner = (canvas: Canvas) => Math.max(8, canvas.columns - 2);

function paintBlock(block: Block, canvas: Canvas): string[] {
  switch (block.kind) {
    case 'text':
      return wrap(safe(block.text), inner(canvas));
    case 'link':
      // We never break an address, however long: in two lines it opens nothing.
      return [safe(`${block.label}: ${block.url}`)];
    case 'code':
      return [safe(block.characters)];
    case 'quotes':
      return paintQuotes(block.quotes, canvas);
    case 'fields':
      return paintFields(block.fields, canvas);
    case 'channels':
      return paintFields([{ label: block.label, value: block.channelIds.join(', ') }], canvas);
    case 'progress':
      return paintSteps(block.steps, { ...canvas, columns: inner(canvas) });
    case 'entries':
      return paintEntries(block.heading, block.entries, canvas);
  }
}

/** From this width on, two columns of text are easy to read. A line without an end has no columns. */
const beside = { from: 72, upTo: 400 };

/** Texts side by side if there is room; otherwise one below the other. */
export function paintQuotes(quotes: readonly Quote[], canvas: Canvas): string[] {
  const dim = (words: string) => styled(canvas, 'dim', words);
  const [left, right] = quotes;
  if (!left || !right || inner(canvas) < beside.from || inner(canvas) > beside.upTo) {
    return quotes.flatMap(({ label, text }) => [
      dim(cut(label, inner(canvas))),
      ...wrap(safe(text), inner(canvas) - 2).map((line) => `${dim('│')} ${line}`),
    ]);
  }
  // The member's own prompt is mostly the shorter one.
  const leftColumns = Math.floor((inner(canvas) - 3) * 0.36);
  const rightColumns = inner(canvas) - 3 - leftColumns;
  const lefts = wrap(safe(left.text), leftColumns);
  const rights = wrap(safe(right.text), rightColumns);
  const rows = Array.from({ length: Math.max(lefts.length, rights.length) }, (_, row) =>
    `${pad(lefts[row] ?? '', leftColumns)} ${dim('│')} ${rights[row] ?? ''}`.trimEnd(),
  );
  return [dim(`${pad(cut(left.label, leftColumns), leftColumns)} │ ${cut(right.label, rightColumns)}`), ...rows];
}

function paintFields(fields: readonly { label: string; value: string }[], canvas: Canvas): string[] {
  const columns = inner(canvas);
  const widest = Math.max(...fields.map(({ label }) => widthOf(label)));
  const isNarrow = widest > columns * 0.55;
  return fields.flatMap(({ label, value }) => {
    if (isNarrow) {
      const labels = wrap(safe(label), columns).map((line) => styled(canvas, 'cyan', line));
      return [...labels, ...wrap(safe(value), columns - 2).map((line) => `  ${line}`)];
    }
    const values = wrap(safe(value), columns - widest - 2);
    return values.map((line, row) => `${styled(canvas, 'cyan', pad(row === 0 ? label : '', widest))}  ${line}`);
  });
}

const stepMarks: Record<StepLine['state'], { mark: string; format: Format }> = {
  waiting: { mark: '○', format: 'dim' },
  working: { mark: '●', format: 'cyan' },
  done: { mark: '✓', format: 'green' },
  failed: { mark: '✗', format: 'red' },
  skipped: { mark: '–', format: 'dim' },
};

/** One line per step: a mark, its name, a bar and a short note. */
export function paintSteps(steps: readonly StepLine[], canvas: Canvas): string[] {
  const label = Math.max(...steps.map((step) => widthOf(step.label)));
  const note = Math.max(...steps.map((step) => widthOf(step.note)));
  const room = canvas.columns - 2 - label - 2 - 2;
  const bar = Math.min(24, Math.max(6, room - Math.max(note, 22)));
  return steps.map((step) => {
    const { mark, format } = stepMarks[step.state];
    const filled = Math.round((bar * (step.state === 'done' ? 100 : step.percent)) / 100);
    const painted =
      styled(canvas, format, '█'.repeat(filled)) + styled(canvas, 'dim', '░'.repeat(Math.max(0, bar - filled)));
    // If there is no room for both, we keep the first part of "40 %, about 3 s left".
    const fits = widthOf(step.note) <= room - bar;
    const words = cut(fits ? step.note : (step.note.split(', ')[0] ?? ''), Math.max(0, room - bar));
    return `${styled(canvas, format, mark)} ${pad(step.label, label)}  ${painted}  ${words}`.trimEnd();
  });
}

/** A result and its place. The place has a line of its own, so that people can copy it. */
function paintMedium(medium: CardMedia, canvas: Canvas): string[] {
  const { measures, runs } = canvas.text;
  const size = runs.media.size(medium.width, medium.height, medium.seconds, measures.bytes(medium.bytes));
  const path = canvas.linkOf(medium.objectKey);
  const about = `${styled(canvas, 'bold', medium.label)}  ${styled(canvas, 'dim', size)}`;
  return path === null ? [about] : [about, styled(canvas, 'cyan', safeLine(path))];
}

function paintEntries(heading: string, entries: readonly Entry[], canvas: Canvas): string[] {
  const columns = inner(canvas);
  const title = heading === '' ? [] : ['', styled(canvas, 'dim', cut(heading, columns))];
  const lines = entries.flatMap((entry) => {
    const at = entry.at ? canvas.text.measures.moment(entry.at) : '';
    const head = cut([at, entry.label, safeLine(entry.text)].filter((part) => part !== '').join('  '), columns);
    const room = columns - widthOf(head) - 2;
    const aside = styled(canvas, 'dim', cut(entry.aside, Math.max(room, columns - 2)));
    const places = entry.media.flatMap(({ objectKey }) => canvas.linkOf(objectKey) ?? []);
    return [
      ...(widthOf(entry.aside) <= room ? [`${head}  ${aside}`] : [head, `  ${aside}`]),
      ...places.map((path) => `  ${styled(canvas, 'cyan', safeLine(path))}`),
    ];
  });
  return [...title, ...lines];
}
