import type { types } from '@slack/bolt';
import { z } from 'zod';
import { type CommandedWorkflow, commandedWorkflows } from '../../domain.ts';
import type { Offer } from '../../pipeline/offer.ts';
import { workflowCommands } from '../commands/all.ts';
import type { Command } from '../commands/command.ts';
import type { ListedModel } from '../commands/modelChoices.ts';
import { offeredOption } from '../commands/offered.ts';
import { modelWords, type NamedOption } from '../commands/option.ts';
import type { Given } from '../commands/read.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { Text } from '../text.ts';
import { context, limits, paragraph, type SlackBlock } from './blocks.ts';
import { cut } from './escape.ts';
import { channelInput, choiceInput, fieldValue, imagesInput, modal, severalInput, textInput } from './inputs.ts';
import type { ViewState } from './payloads.ts';

export const createCallback = 'create';

/** The message whose image the member wants to animate or to change. */
const opened = z.object({
  channel: z.string(),
  threadTs: z.string().nullable(),
  fileId: z.string(),
  workflow: z.enum(['video', 'edit']).default('video'),
});
export type OpenedOn = z.infer<typeof opened>;

/** The data that a form carries: the message it was opened on, and the price on its button. It never carries a secret. */
const carried = z.union([
  // The older shape, from before forms showed a price.
  opened.transform((on) => ({ on, credits: 0 })),
  z.object({ on: opened.nullable(), credits: z.int().min(0) }),
]);

type Opening = {
  channel: string | null;
  workflow: CommandedWorkflow;
  prompt: string | null;
  /**
   * The message whose image the member wants to animate or to change. If it is set, the form asks neither for a workflow nor for a
   * conversation.
   */
  on: OpenedOn | null;
  /** The price with the form's current values, in credits. The button shows it. */
  price: number;
  /** The member's earlier choices. Set when the form opens again because they cost more than the button said. */
  chosen?: Given;
};

/** The abilities of a workspace's models, and those of them that a member can choose. None: there is no choice. */
export type FormOffer = { offer: Offer; models: readonly ListedModel[] };

/** One form for everything that a member may ask for. A field left alone means the workspace's default. */
export function createForm(opening: Opening, { offer, models }: FormOffer, text: Text): types.ModalView {
  const { create } = text.slack;
  const { on } = opening;
  const command = on ? workflowCommands[on.workflow] : null;
  const options = optionsFor(command).map((option) => offeredOption(option, offer));
  const first = on
    ? []
    : [
        choiceInput(
          { name: 'workflow', label: create.workflow, isOptional: false },
          commandedWorkflows.map((value) => ({ value, label: text.runs.workflows[value] })),
          opening.workflow,
        ),
      ];
  const last = on ? [] : [channelInput({ name: 'channel', label: create.channel, isOptional: false }, opening.channel)];
  return modal({
    callbackId: createCallback,
    title: on ? create.titleOn[on.workflow] : create.title,
    submit: text.runs.priced(create.submit, opening.price),
    close: create.close,
    blocks: [
      ...(opening.chosen ? [paragraph(create.dearer(opening.price))] : []),
      ...first,
      ...options.flatMap((option) => fieldOf(option, opening, models, text)),
      context(create.optional),
      ...last,
    ],
    metadata: JSON.stringify({ on, credits: opening.price }),
  });
}

/** The options of one command, or of all together. */
function optionsFor(command: Command | null): NamedOption[] {
  const { complete, image, video, story, edit } = workflowCommands;
  const all = command ? command.options : [complete, video, image, story, edit].flatMap((one) => one.options);
  const names = [
    'prompt',
    'image',
    'style',
    'quality',
    'aspect',
    'frames',
    'variants',
    'scenes',
    'duration',
    'cut',
    'resolution',
    'audio',
    'model',
  ];
  return names.flatMap((name) => all.find((option) => option.name === name) ?? []);
}

const promptLabel = ({ on }: Opening, { commands }: Text): string =>
  on?.workflow === 'edit' ? commands.options.change : commands.options.prompt;

function fieldOf(option: NamedOption, opening: Opening, models: readonly ListedModel[], text: Text): SlackBlock[] {
  const { name, kind } = option;
  const { create } = text.slack;
  const field = { name, label: option.describe(text), isOptional: true };
  const before = opening.chosen?.[name];
  const value = before === undefined ? null : String(before);
  switch (kind.kind) {
    case 'text':
      return [
        textInput(
          { name, label: promptLabel(opening, text), isOptional: opening.on?.workflow === 'video' },
          { maxLength: Math.min(kind.maxLength, limits.input), isLong: true, value: opening.prompt },
        ),
      ];
    case 'image':
      return opening.on
        ? []
        : [imagesInput({ name, label: create.image, hint: create.imageHint, isOptional: true }, 1)];
    case 'choice':
      return [
        choiceInput(
          field,
          kind.choices.map((choice) => ({ value: choice, label: choice })),
          value,
          create.defaultValue,
        ),
      ];
    case 'flag':
      return [
        choiceInput(
          field,
          [
            { value: 'on', label: create.on },
            { value: 'off', label: create.off },
          ],
          value,
          create.defaultValue,
        ),
      ];
    case 'number':
      return [
        textInput(
          { ...field, hint: create.between(kind.min, kind.max, kind.defaultValue) },
          { maxLength: 5, isLong: false, value },
        ),
      ];
    case 'model': {
      // Slack's lists show few characters, and what a model does follows its name.
      const choices = models.map(({ word, facts }) => ({ value: word, label: labelled(word, facts) }));
      const several = { hint: create.defaultValue, max: kind.max };
      return choices.length === 0 ? [] : [severalInput(field, choices, modelWords(value ?? ''), several)];
    }
    case 'run':
    case 'cast':
      return [];
  }
}

/** A long name gives way to what the model costs. */
function labelled(word: string, facts: string): string {
  const tail = ` · ${facts}`;
  return `${cut(word, Math.max(20, limits.option - tail.length))}${tail}`;
}

export type Asked = {
  workflow: CommandedWorkflow;
  command: Command;
  given: Given;
  fileId: string | null;
  channel: string | null;
  threadTs: string | null;
  on: OpenedOn | null;
  /** The price that the form showed. */
  credits: number;
};

/** Stands for the image that came with a request. A member cannot produce this value by typing. */
export const attachedImage = 'attached';

/** Reads a submitted form as the command that it stands for. Fields that the command does not have are left out. */
export function readCreateForm(state: ViewState, metadata: string): Asked {
  const { on, credits } = readCarried(metadata);
  const chosen = z.enum(commandedWorkflows).catch('complete').parse(fieldValue(state, 'workflow').text);
  const workflow = on?.workflow ?? chosen;
  const command = workflowCommands[workflow];
  const fileId = on?.fileId ?? fieldValue(state, 'image').fileIds[0] ?? null;
  const given = Object.fromEntries(
    command.options.flatMap(({ name, kind }) => {
      // The one image of the form is what a video begins with, what an edit changes, or what the others follow.
      if (kind.kind === 'image') return fileId === null ? [] : [[name, attachedImage]];
      const field = fieldValue(state, name);
      const value = kind.kind === 'model' ? (field.several?.join('+') ?? null) : field.text;
      return value === null || value === '' ? [] : [[name, value]];
    }),
  );
  const channel = on?.channel ?? fieldValue(state, 'channel').conversation;
  return { workflow, command, given, fileId, channel, threadTs: on?.threadTs ?? null, on, credits };
}

function readCarried(metadata: string): z.infer<typeof carried> {
  try {
    return carried.parse(JSON.parse(metadata));
  } catch {
    return { on: null, credits: 0 };
  }
}

/** Returns the field that a refusal is about, so that the form can show the refusal there. */
export function fieldOfRefusal(refusal: Refusal, names: readonly string[], otherwise: string): string {
  const option = 'option' in refusal ? refusal.option : null;
  const named = option === 'ref' || refusal.reason === 'bad_image' ? 'image' : option;
  return named !== null && names.includes(named) ? named : otherwise;
}
