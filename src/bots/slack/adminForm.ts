import type { types } from '@slack/bolt';
import type { Card, Form, FormField } from '../card.ts';
import type { FormValues } from '../commands/command.ts';
import type { Text } from '../text.ts';
import { header, paragraph, type SlackBlock } from './blocks.ts';
import { cardMessage } from './cardBlocks.ts';
import { channelsInput, choiceInput, fieldValue, imagesInput, modal, textInput, ticksInput } from './inputs.ts';
import type { ViewState } from './payloads.ts';

const prefix = 'form:';

/** Returns the name of the command that takes a submitted form, or null for other views. */
export const commandOfForm = (callbackId: string): string | null =>
  callbackId.startsWith(prefix) ? callbackId.slice(prefix.length) : null;

export function formView(form: Form, text: Text): types.ModalView {
  return modal({
    callbackId: `${prefix}${form.command}`,
    title: form.title,
    submit: text.slack.form.save,
    close: text.slack.form.close,
    blocks: [
      paragraph(form.intro),
      ...form.pages.flatMap(({ label, fields }) => [
        ...(form.pages.length > 1 ? [header(label)] : []),
        ...fields.map(fieldBlock),
      ]),
    ],
  });
}

/** Slack has no field that hides its input. So we never prefill a key's field, and its modal closes once it is sent. */
function fieldBlock(field: FormField): SlackBlock {
  const { name, label } = field;
  switch (field.kind) {
    case 'choice':
      return choiceInput({ name, label, isOptional: false }, field.choices, field.value);
    case 'ticks':
      return ticksInput({ name, label, isOptional: true }, field.choices, field.ticked);
    case 'channels':
      return channelsInput({ name, label, hint: field.hint, isOptional: true }, field.channelIds, field.max);
    case 'images':
      return imagesInput({ name, label, hint: field.hint, isOptional: false }, field.max);
    case 'text': {
      const { hint, maxLength, isLong, value } = field;
      return textInput({ name, label, hint, isOptional: true }, { maxLength, isLong, value });
    }
    case 'secret':
      return textInput(
        { name, label, hint: field.hint, isOptional: true },
        { maxLength: 300, isLong: false, value: null },
      );
  }
}

/** Reads the submitted values. They are passed on and stored nowhere else. */
export const readForm = (state: ViewState): FormValues =>
  Object.fromEntries(
    Object.keys(state.values).flatMap((name) => {
      const { text, several, fileIds } = fieldValue(state, name);
      // Slack sends no value for an emptied field.
      return [[name, fileIds.length > 0 ? fileIds.join('\n') : (several?.join(',') ?? text ?? '')]];
    }),
  );

/** The files that a member uploaded in a form. */
export const filesOfForm = (state: ViewState): string[] =>
  Object.keys(state.values).flatMap((name) => fieldValue(state, name).fileIds);

/** A modal that shows a card and asks for nothing. */
export function cardView(card: Card, text: Text): types.ModalView {
  const { blocks } = cardMessage({ ...card, buttons: [] }, text);
  return modal({
    callbackId: 'told',
    title: text.slack.home.title,
    submit: null,
    close: text.slack.form.close,
    blocks,
  });
}

export const waitingView = (text: Text): types.ModalView =>
  modal({
    callbackId: 'waiting',
    title: text.slack.home.title,
    submit: null,
    close: text.slack.form.close,
    blocks: [paragraph(text.slack.thinking)],
  });
