import type { types } from '@slack/bolt';
import { limits, plain, type SlackBlock } from './blocks.ts';
import type { ViewState } from './payloads.ts';

type Labelled = { name: string; label: string; hint?: string; isOptional: boolean };

/** A field of a modal. Its name is both the block's id and the element's, so that errors and values match it. */
function input({ name, label, hint, isOptional }: Labelled, element: types.InputBlock['element']): SlackBlock {
  return {
    type: 'input',
    block_id: name,
    label: plain(label, limits.label),
    optional: isOptional,
    element,
    ...(hint === undefined ? {} : { hint: plain(hint, limits.hint) }),
  };
}

export type Choice = { value: string; label: string };

const optionOf = ({ value, label }: Choice): types.PlainTextOption => ({
  text: plain(label, limits.option),
  // Slack takes no empty value, but "no preference" is one. So every value gets a prefix.
  value: `=${value}`,
});

export function choiceInput(
  field: Labelled,
  choices: readonly Choice[],
  chosen: string | null,
  hint?: string,
): SlackBlock {
  const initial = choices.find(({ value }) => value === chosen);
  return input(field, {
    type: 'static_select',
    action_id: field.name,
    options: choices.slice(0, limits.optionsPerSelect).map(optionOf),
    ...(initial ? { initial_option: optionOf(initial) } : {}),
    ...(hint === undefined ? {} : { placeholder: plain(hint, limits.label) }),
  });
}

/** Lets the member choose up to `max` of many choices. */
export function severalInput(
  field: Labelled,
  choices: readonly Choice[],
  chosen: readonly string[],
  { hint, max }: { hint: string; max: number },
): SlackBlock {
  const shown = choices.slice(0, limits.optionsPerSelect);
  const initial = shown.filter(({ value }) => chosen.includes(value)).map(optionOf);
  return input(field, {
    type: 'multi_static_select',
    action_id: field.name,
    options: shown.map(optionOf),
    max_selected_items: max,
    placeholder: plain(hint, limits.label),
    ...(initial.length === 0 ? {} : { initial_options: initial }),
  });
}

export const textInput = (
  field: Labelled,
  text: { maxLength: number; isLong: boolean; value: string | null },
): SlackBlock =>
  input(field, {
    type: 'plain_text_input',
    action_id: field.name,
    multiline: text.isLong,
    max_length: Math.min(limits.input, text.maxLength),
    ...(text.value === null || text.value === '' ? {} : { initial_value: text.value.slice(0, limits.input) }),
  });

/** Takes up to `max` images that the member uploads. Slack allows ten. */
export const imagesInput = (field: Labelled, max: number): SlackBlock =>
  input(field, {
    type: 'file_input',
    action_id: field.name,
    filetypes: ['png', 'jpg', 'jpeg', 'webp'],
    max_files: Math.min(max, limits.filesPerInput),
  });

export const channelInput = (field: Labelled, channel: string | null): SlackBlock =>
  input(field, {
    type: 'conversations_select',
    action_id: field.name,
    response_url_enabled: true,
    ...(channel === null ? { default_to_current_conversation: true } : { initial_conversation: channel }),
  });

/** Lets the member choose any number of shared conversations, by id. */
export const channelsInput = (field: Labelled, chosen: readonly string[], max: number): SlackBlock =>
  input(field, {
    type: 'multi_conversations_select',
    action_id: field.name,
    filter: { include: ['public', 'private'], exclude_bot_users: true },
    max_selected_items: max,
    ...(chosen.length === 0 ? {} : { initial_conversations: [...chosen] }),
  });

export function ticksInput(field: Labelled, choices: readonly Choice[], ticked: readonly string[]): SlackBlock {
  const initial = choices.filter(({ value }) => ticked.includes(value)).map(optionOf);
  return input(field, {
    type: 'checkboxes',
    action_id: field.name,
    options: choices.map(optionOf),
    ...(initial.length === 0 ? {} : { initial_options: initial }),
  });
}

export type FieldValue = {
  text: string | null;
  /** Set for a field that takes several choices. */
  several: string[] | null;
  /** Empty for a field that takes no files. */
  fileIds: string[];
  conversation: string | null;
};

/** Reads what a member put into a field. Every part is null or empty for a field left alone. */
export function fieldValue(state: ViewState, name: string): FieldValue {
  const field = state.values[name]?.[name];
  const chosen = field?.selected_option?.value;
  const ticked = field?.selected_options?.map(({ value }) => value.replace(/^=/, ''));
  return {
    text: chosen?.startsWith('=') ? chosen.slice(1) : (field?.value ?? null),
    several: ticked ?? field?.selected_conversations ?? null,
    fileIds: field?.files?.map(({ id }) => id) ?? [],
    conversation: field?.selected_conversation ?? null,
  };
}

type ViewParts = {
  callbackId: string;
  title: string;
  blocks: readonly SlackBlock[];
  submit: string | null;
  close: string;
  metadata?: string;
};

export const modal = ({ callbackId, title, blocks, submit, close, metadata }: ViewParts): types.ModalView => ({
  type: 'modal',
  callback_id: callbackId,
  title: plain(title, limits.viewTitle),
  close: plain(close, limits.viewTitle),
  ...(submit === null ? {} : { submit: plain(submit, limits.viewTitle) }),
  ...(metadata === undefined ? {} : { private_metadata: metadata }),
  blocks: blocks.slice(0, limits.blocksPerView),
});
