import type { types } from '@slack/bolt';
import { cut, mrkdwn } from './escape.ts';

export type SlackBlock = types.KnownBlock;
export type SlackButton = types.Button;
type SlackSelect = types.StaticSelect;
export type SlackCard = types.CardBlock;

/** All of Slack's limits, defined only here. Longer text is cut with an ellipsis, so it never causes an API error. */
export const limits = {
  blocksPerMessage: 50,
  blocksPerView: 100,
  /** A message's plain text, which notifications show. Slack takes 40,000 characters, but nobody reads that many there. */
  fallback: 3_000,
  header: 150,
  section: 3_000,
  field: 2_000,
  fieldsPerSection: 10,
  context: 2_000,
  button: 75,
  buttonsPerRow: 25,
  altText: 2_000,
  viewTitle: 24,
  label: 150,
  hint: 2_000,
  option: 75,
  optionsPerSelect: 100,
  cardTitle: 150,
  cardsPerCarousel: 10,
  input: 3_000,
  filesPerInput: 10,
  taskTitle: 200,
} as const;

/** Plain text without markup. Slack refuses an empty one. */
export const plain = (text: string, max: number) =>
  ({ type: 'plain_text', text: cut(text.trim() === '' ? '…' : text, max), emoji: false }) as const;

const marked = (text: string) => ({ type: 'mrkdwn', text, verbatim: true }) as const;

export const header = (text: string): SlackBlock => ({ type: 'header', text: plain(text, limits.header) });

/** A paragraph. This function escapes `text`. */
export const paragraph = (text: string): SlackBlock => section(mrkdwn(text, limits.section));

/** A paragraph of markup that is already escaped. */
export const section = (markup: string): SlackBlock => ({
  type: 'section',
  text: marked(markup.trim() === '' ? '…' : markup),
});

export const context = (text: string): SlackBlock => ({
  type: 'context',
  elements: [marked(mrkdwn(text === '' ? '…' : text, limits.context))],
});

/** Quotes a member's words under a label, so that they stand apart from our own text. */
export function quote(label: string, words: string): SlackBlock {
  const head = `*${mrkdwn(label, 200)}*\n`;
  const lines = mrkdwn(words, limits.section - head.length - 200)
    .split('\n')
    .slice(0, 60)
    .map((line) => `>${line}`)
    .join('\n');
  return section(`${head}${cut(lines, limits.section - head.length)}`);
}

/** Labels and values side by side, in as many sections as they need. */
export function fields(pairs: readonly { label: string; value: string }[]): SlackBlock[] {
  const written = pairs.map(({ label, value }) => marked(`*${mrkdwn(label, 300)}*\n${mrkdwn(value, 1_500)}`));
  return pieces(written, limits.fieldsPerSection).map((some) => ({ type: 'section', fields: some }));
}

export const button = (id: string, label: string, style: 'plain' | 'primary' | 'danger' = 'plain'): SlackButton => ({
  type: 'button',
  action_id: id,
  text: plain(label, limits.button),
  ...(style === 'plain' ? {} : { style }),
});

/** A list that opens at a click. Slack sends the value of the chosen entry. */
export const select = (
  id: string,
  hint: string,
  entries: readonly { value: string; label: string }[],
): SlackSelect => ({
  type: 'static_select',
  action_id: id,
  placeholder: plain(hint, limits.label),
  options: entries
    .slice(0, limits.optionsPerSelect)
    .map(({ value, label }) => ({ text: plain(label, limits.option), value })),
});

export const buttonRow = (elements: readonly (SlackButton | SlackSelect)[]): SlackBlock[] =>
  pieces(elements, limits.buttonsPerRow).map((some) => ({ type: 'actions', elements: some }));

/** An image that Slack already stores, with a title and a button. */
export const pictureCard = (
  picture: { fileId: string; title: string; description: string },
  own: SlackButton,
): SlackCard => ({
  type: 'card',
  hero_image: { type: 'image', slack_file: { id: picture.fileId }, alt_text: altText(picture.description) },
  title: marked(mrkdwn(picture.title, limits.cardTitle)),
  actions: [own],
});

/** Cards side by side. */
export const carousel = (cards: readonly SlackCard[]): SlackBlock => ({
  type: 'carousel',
  elements: cards.slice(0, limits.cardsPerCarousel),
});

const altText = (description: string): string => cut(description === '' ? '…' : description, limits.altText);

/** An image that Slack already stores. */
export const thumbnail = (fileId: string, description: string): SlackBlock => ({
  type: 'image',
  slack_file: { id: fileId },
  alt_text: altText(description),
});

/** An image that Slack fetches from an address. */
export const pictureAt = (url: string, description: string): SlackBlock => ({
  type: 'image',
  image_url: url,
  alt_text: altText(description),
});

export type PlanTask = {
  id: string;
  title: string;
  status: 'pending' | 'in_progress' | 'complete' | 'error';
  details: string | null;
};

/** A list of tasks with their states, in Slack's block for an app's work. */
export const plan = (title: string, tasks: readonly PlanTask[]): SlackBlock => ({
  type: 'plan',
  title: cut(title, limits.taskTitle),
  tasks: tasks.map(({ id, title: task, status, details }) => ({
    type: 'task_card',
    task_id: id,
    title: cut(task, limits.taskTitle),
    status,
    ...(details === null ? {} : { details: richText(details) }),
  })),
});

const richText = (words: string): types.RichTextBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: cut(words, limits.section) }] }],
});

/** Keeps as many blocks as Slack takes. It drops from `blocks` and never from `tail`. */
export function fitted(blocks: readonly SlackBlock[], max: number, tail: readonly SlackBlock[] = []): SlackBlock[] {
  const room = max - tail.length;
  const kept = blocks.length <= room ? blocks : [...blocks.slice(0, room - 1), context('…')];
  return [...kept, ...tail];
}

function pieces<T>(items: readonly T[], max: number): T[][] {
  const count = Math.ceil(items.length / max);
  return Array.from({ length: count }, (_, index) => items.slice(index * max, (index + 1) * max));
}
