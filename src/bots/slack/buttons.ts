import { z } from 'zod';
import { type RunId, runId } from '../../domain.ts';
import { type Button, type ButtonAction, buttonActions, type Card } from '../card.ts';
import type { Text } from '../text.ts';
import { button, buttonRow, carousel, pictureCard, type SlackBlock, type SlackButton, select } from './blocks.ts';
import type { SlackPostedMessages } from './conversation.ts';

/** The action of a menu. The chosen entry holds what a button holds in its own name. */
const menuId = 'menu';

/** The images that a member chooses from, as files that Slack shows, by the number of the step that made each. */
export type Pictures = ReadonlyMap<number, { fileId: string; title: string }>;

/**
 * A button keeps all its data in its name, and an entry of a menu in its value: the action, the run, the price that the member saw,
 * and what the action is about. So both work after any restart. The second form is for those that earlier versions do not know.
 */
export const buttonId = ({ action, runId: id, credits = 0, step, proposal }: Button): string => {
  if (step !== undefined || proposal !== undefined) {
    return ['v2', action, id, credits, step ?? '', proposal ?? ''].join(':');
  }
  return credits === 0 ? `v1:${action}:${id}` : `v1:${action}:${id}:${credits}`;
};

export type PressedButton = {
  action: ButtonAction;
  runId: RunId;
  credits: number;
  step: number | null;
  proposal: string | null;
};

const written = z.object({
  action: z.enum(buttonActions),
  runId,
  credits: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
  step: z
    .string()
    .regex(/^\d{0,4}$/)
    .transform((digits) => (digits === '' ? null : Number(digits))),
  proposal: z
    .string()
    .regex(/^[\w-]{0,64}$/)
    .transform((id) => (id === '' ? null : id)),
});

/** Reads what {@link buttonId} has written, in this version or an earlier one. Null for every other name. */
export function readButtonId(name: string): PressedButton | null {
  const [version, action, id, credits = '0', step = '', proposal = ''] = name.split(':');
  if (version !== 'v1' && version !== 'v2') return null;
  return written.safeParse({ action, runId: id, credits, step, proposal }).data ?? null;
}

const buttonOf = (one: Button): SlackButton => button(buttonId(one), one.label, one.style);

/**
 * The buttons of a card: one for each image to choose from, a row of the others, and at its end a menu of the rest. With `pictures`
 * the images to choose from are a carousel, each with its button.
 */
export function buttonBlocks(buttons: readonly Button[], text: Text, pictures: Pictures | null = null): SlackBlock[] {
  const choices = buttons.filter(({ place }) => place === 'choice');
  const row = buttons.filter(({ place }) => place === undefined).map(buttonOf);
  const entries = buttons
    .filter(({ place }) => place === 'menu')
    .map((one) => ({ value: buttonId(one), label: one.label }));
  const menu = entries.length === 0 ? [] : [select(menuId, text.slack.menu, entries)];
  return [...choiceBlocks(choices, pictures), ...buttonRow([...row, ...menu])];
}

function choiceBlocks(choices: readonly Button[], pictures: Pictures | null): SlackBlock[] {
  const cards = choices.flatMap((one) => {
    const picture = one.step === undefined ? undefined : pictures?.get(one.step);
    return picture ? [pictureCard({ ...picture, description: picture.title }, buttonOf(one))] : [];
  });
  return cards.length > 0 && cards.length === choices.length ? [carousel(cards)] : buttonRow(choices.map(buttonOf));
}

/** Slack shows files of these kinds within a message. */
const shownMimes = ['image/png', 'image/jpeg', 'image/gif'];

export const isShownInline = ({ mime, isSpoiler }: Card['media'][number]): boolean =>
  shownMimes.includes(mime) && isSpoiler !== true;

/** The files of the images that a card offers to choose from. Null if the thread does not have all of them. */
export function picturesOf(card: Card, { files, refused }: SlackPostedMessages): Pictures | null {
  // If the channel took no files, its members cannot see them.
  if (refused !== null) return null;
  const steps = card.buttons.flatMap(({ place, step }) => (place === 'choice' && step !== undefined ? [step] : []));
  const found = card.media.flatMap((media) => {
    const file = files[media.objectKey];
    const isThere = file?.state === 'shared' && isShownInline(media) && steps.includes(media.step);
    return isThere ? [[media.step, { fileId: file.fileId, title: media.label }] as const] : [];
  });
  return steps.length > 0 && found.length === steps.length ? new Map(found) : null;
}
