import {
  type APIComponentInLabel,
  type APIModalInteractionResponseCallbackData,
  ChannelType,
  ComponentType,
  SelectMenuDefaultValueType,
  TextInputStyle,
} from 'discord-api-types/v10';
import { maxPromptLength } from '../../domain.ts';
import type { AskWords } from '../actions/perform.ts';
import type { Form, FormField, FormPage } from '../card.ts';
import type { FormValues } from '../commands/command.ts';
import type { Text } from '../text.ts';
import { snowflake } from './conversation.ts';
import { actionId, formId } from './customId.ts';
import { clip } from './markdown.ts';

const maxTitle = 45;
const maxLabel = 45;
const maxDescription = 100;
/** Files that one field of a modal takes. */
const maxFiles = 10;
/** Discord takes no empty value in a choice. */
const emptyValue = '-';

type Modal = APIModalInteractionResponseCallbackData;

export const formModal = ({ command, title, intro, pages }: Form, page: FormPage): Modal => ({
  custom_id: formId(command, pages.length > 1 ? page.name : null),
  title: clip(pages.length > 1 ? page.label : title, maxTitle),
  components: page.fields.map((field, index) => {
    // The form's introduction appears once, above the first field.
    const description = 'hint' in field ? field.hint : index === 0 ? intro : '';
    return {
      type: ComponentType.Label,
      label: clip(field.label, maxLabel),
      ...(description === '' ? {} : { description: clip(description, maxDescription) }),
      component: inputOf(field),
    };
  }),
});

function inputOf(field: FormField): APIComponentInLabel {
  const common = { custom_id: field.name, required: false } as const;
  switch (field.kind) {
    case 'choice':
      return {
        ...common,
        type: ComponentType.StringSelect,
        options: field.choices.slice(0, 25).map(({ value, label }) => ({
          value: value === '' ? emptyValue : value,
          label: clip(label, 100),
          default: value === field.value,
        })),
      };
    case 'ticks':
      return {
        ...common,
        type: ComponentType.CheckboxGroup,
        min_values: 0,
        options: field.choices.slice(0, 10).map(({ value, label }) => ({
          value,
          label: clip(label, 100),
          default: field.ticked.includes(value),
        })),
      };
    case 'channels':
      return {
        ...common,
        type: ComponentType.ChannelSelect,
        channel_types: [...withCommands],
        min_values: 0,
        max_values: field.max,
        // Discord would refuse the whole form because of one id that cannot be a channel's.
        default_values: field.channelIds
          .filter((id) => snowflake.safeParse(id).success)
          .map((id) => ({ id, type: SelectMenuDefaultValueType.Channel })),
      };
    case 'images':
      return {
        ...common,
        type: ComponentType.FileUpload,
        required: true,
        min_values: 1,
        max_values: Math.min(field.max, maxFiles),
        // Discord checks only the name. We check the bytes when they arrive.
        file_types: ['image'],
      };
    case 'text': {
      const style = field.isLong ? TextInputStyle.Paragraph : TextInputStyle.Short;
      const value = field.value === '' ? {} : { value: clip(field.value, field.maxLength) };
      return { ...common, type: ComponentType.TextInput, style, max_length: field.maxLength, ...value };
    }
    case 'secret':
      // Discord has no input that hides its text. Only the member sees the modal, and we never prefill this field.
      return { ...common, type: ComponentType.TextInput, style: TextInputStyle.Short, max_length: 400 };
  }
}

/** The types of channels that take commands. A thread counts as its parent channel. */
const withCommands = [
  ChannelType.GuildText,
  ChannelType.GuildAnnouncement,
  ChannelType.GuildForum,
  ChannelType.GuildVoice,
  ChannelType.GuildStageVoice,
] as const;

/** Turns a form's values into those that its command takes. */
export const formValues = (values: FormValues): FormValues =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === emptyValue ? '' : value]));

export const promptField = 'prompt';

type WordsField = { id: string; title: string; label: string; words: string; priceCredits: number | null };

/** A modal with one field for words. It shows the price of starting the run. That price is then the most that it may cost. */
export const wordsModal = ({ id, title, label, words, priceCredits }: WordsField, text: Text): Modal => ({
  custom_id: id,
  title: clip(title, maxTitle),
  components: [
    {
      type: ComponentType.Label,
      label: clip(label, maxLabel),
      ...(priceCredits === null ? {} : { description: clip(text.runs.startPrice(priceCredits), maxDescription) }),
      component: {
        type: ComponentType.TextInput,
        custom_id: promptField,
        style: TextInputStyle.Paragraph,
        ...(words === '' ? {} : { value: clip(words, maxPromptLength) }),
        required: true,
        min_length: 1,
        max_length: maxPromptLength,
      },
    },
  ],
});

/** The modal of a button that asks for words first. */
export const askModal = ({ action, runId, step, words, priceCredits }: AskWords, text: Text): Modal =>
  wordsModal(
    { id: actionId(action, runId, priceCredits ?? 0, step), ...text.runs.asking[action], words, priceCredits },
    text,
  );
