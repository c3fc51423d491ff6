import { type APIModalInteractionResponseCallbackData, ComponentType, TextInputStyle } from 'discord-api-types/v10';
import { longestPrompt, type RunId } from '../../db/vocabulary.ts';
import type { Form, FormField } from '../card.ts';
import type { FormValues } from '../commands/command.ts';
import type { Text } from '../text.ts';
import { actionId, formId } from './customId.ts';
import { clip } from './markdown.ts';

const longestTitle = 45;
const longestLabel = 45;
/** Discord takes no empty value in a choice. */
const emptyValue = '-';

type Modal = APIModalInteractionResponseCallbackData;

export const formModal = ({ command, title, intro, fields }: Form): Modal => ({
  custom_id: formId(command),
  title: clip(title, longestTitle),
  components: fields.map((field, index) => ({
    type: ComponentType.Label,
    label: clip(field.label, longestLabel),
    // What the form is about is said once, where one begins to read.
    ...(field.kind === 'secret' || index === 0
      ? { description: clip(field.kind === 'secret' ? field.hint : intro, 100) }
      : {}),
    component: field.kind === 'secret' ? secretInput(field) : select(field),
  })),
});

/** Discord has no input that hides what is typed; the modal is the member's alone, and nothing is ever filled in for them. */
const secretInput = (field: Extract<FormField, { kind: 'secret' }>) =>
  ({
    type: ComponentType.TextInput,
    custom_id: field.name,
    style: TextInputStyle.Short,
    required: false,
    max_length: 400,
  }) as const;

const select = (field: Extract<FormField, { kind: 'choice' }>) =>
  ({
    type: ComponentType.StringSelect,
    custom_id: field.name,
    required: false,
    options: field.choices.slice(0, 25).map(({ value, label }) => ({
      value: value === '' ? emptyValue : value,
      label: clip(label, 100),
      default: value === field.value,
    })),
  }) as const;

/** What was chosen in a form, as its command takes it. */
export const formValues = (values: FormValues): FormValues =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === emptyValue ? '' : value]));

export const promptField = 'prompt';

export const editModal = (runId: RunId, prompt: string, text: Text): Modal => ({
  custom_id: actionId('edit', runId),
  title: clip(text.runs.edit.title, longestTitle),
  components: [
    {
      type: ComponentType.Label,
      label: clip(text.runs.edit.label, longestLabel),
      component: {
        type: ComponentType.TextInput,
        custom_id: promptField,
        style: TextInputStyle.Paragraph,
        value: clip(prompt, longestPrompt),
        required: true,
        min_length: 1,
        max_length: longestPrompt,
      },
    },
  ],
});
