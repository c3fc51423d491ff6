import type { Block, Card, Entry, StepLine } from '../card.ts';
import type { Text } from '../text.ts';
import {
  context,
  fields,
  fitted,
  header,
  limits,
  type PlanTask,
  paragraph,
  plan,
  quote,
  type SlackBlock,
  section,
} from './blocks.ts';
import { buttonBlocks } from './buttons.ts';
import { escaped, mrkdwn } from './escape.ts';

export type SlackMessage = { text: string; blocks: SlackBlock[] };

const marks = { plain: '', working: '⏳ ', good: '✅ ', warning: '⚠️ ', bad: '⛔ ' } as const;

export function cardMessage(card: Card, text: Text): SlackMessage {
  const title = `${marks[card.tone]}${card.title}`;
  const body = card.blocks.flatMap((block) => blocksOf(block, card.title, text));
  return {
    text: fallback([card.title, ...card.blocks.flatMap(wordsOf)].join('\n')),
    blocks: fitted([header(title), ...body], limits.blocksPerMessage, buttonBlocks(card.buttons, text)),
  };
}

/** The text of a message for notifications and screen readers. Slack reads markup in it, so it is escaped like the rest. */
export const fallback = (words: string): string => mrkdwn(words, limits.fallback);

function blocksOf(block: Block, title: string, text: Text): SlackBlock[] {
  switch (block.kind) {
    case 'text':
      return [paragraph(block.text)];
    case 'link':
      return [section(`<${mrkdwn(block.url, 1_000)}|${mrkdwn(block.label, 200)}>`)];
    case 'code':
      return [section(`\`${escaped(block.characters)}\``)];
    case 'quotes':
      return block.quotes.map((one) => quote(one.label, one.text));
    case 'fields':
      return fields(block.fields);
    case 'channels':
      return [section(`*${escaped(block.label)}*\n${block.channelIds.map((id) => `<#${escaped(id)}>`).join(', ')}`)];
    case 'progress':
      return [
        plan(
          title,
          block.steps.map((step, index) => taskOf(step, index, null)),
        ),
      ];
    case 'entries':
      return [
        paragraph(block.heading),
        ...block.entries.flatMap((entry) => [paragraph(entryLine(entry, text)), ...asideOf(entry)]),
      ];
  }
}

const entryLine = ({ at, label, text: words }: Entry, text: Text): string =>
  [at ? text.measures.moment(at) : '', label, words].filter((part) => part !== '').join(' · ');

const asideOf = ({ aside }: Entry): SlackBlock[] => (aside === '' ? [] : [context(aside)]);

const statuses = {
  waiting: 'pending',
  working: 'in_progress',
  done: 'complete',
  failed: 'error',
  skipped: 'pending',
} as const;

/** `index`: its place in the list. A run has several steps of a kind. */
export const taskOf = ({ kind, label, note, state }: StepLine, index: number, details: string | null): PlanTask => ({
  id: `${kind}-${index}`,
  title: note === '' ? label : `${label}: ${note}`,
  status: statuses[state],
  details,
});

function wordsOf(block: Block): string[] {
  switch (block.kind) {
    case 'text':
      return [block.text];
    case 'link':
      return [block.label];
    case 'code':
      return [block.characters];
    case 'quotes':
      return block.quotes.map((one) => `${one.label}: ${one.text}`);
    case 'fields':
      return block.fields.map(({ label, value }) => `${label}: ${value}`);
    case 'channels':
      return [`${block.label}: ${block.channelIds.map((id) => `#${id}`).join(', ')}`];
    case 'progress':
      return block.steps.map(({ label, note }) => `${label}: ${note}`);
    case 'entries':
      return block.entries.map(({ label, text }) => `${label} ${text}`);
  }
}
