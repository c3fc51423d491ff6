import type { types } from '@slack/bolt';
import { z } from 'zod';
import { maxPromptLength, type RunId, runId } from '../../domain.ts';
import type { AskWords } from '../actions/perform.ts';
import { type AskingAction, askingActions } from '../card.ts';
import type { Text } from '../text.ts';
import { context, limits } from './blocks.ts';
import { fieldValue, modal, textInput } from './inputs.ts';
import type { ViewState } from './payloads.ts';

/** The form as earlier versions opened it. A member may have left one open. */
const earlier = 'edit:';
const prefix = 'ask:';

const carried = z.object({
  channel: z.string().nullable(),
  threadTs: z.string().nullable(),
  /** The price of starting the run, as the form shows it. */
  credits: z.int().min(0).default(0),
});
type Where = Omit<z.infer<typeof carried>, 'credits'>;

/** The action behind a form, and its subject. */
export type Asking = { action: AskingAction; id: RunId; step: number | null };

/** A form with one field for words, for an action that needs some. The form carries the new run's conversation and its price. */
export function askForm(
  { action, runId: id, step, words, priceCredits }: AskWords,
  at: Where,
  text: Text,
): types.ModalView {
  const { asking, buttons, priced, startPrice } = text.runs;
  const { title, label } = asking[action];
  const { submit, close } = text.slack.create;
  return modal({
    callbackId: `${prefix}${action}:${id}:${step ?? ''}`,
    // The button says nearly the same in fewer characters.
    title: title.length > limits.viewTitle ? buttons[action] : title,
    submit: priceCredits === null ? submit : priced(submit, priceCredits),
    close,
    metadata: JSON.stringify(carried.parse({ channel: at.channel, threadTs: at.threadTs, credits: priceCredits ?? 0 })),
    blocks: [
      textInput(
        { name: 'prompt', label, isOptional: false },
        { maxLength: maxPromptLength, isLong: true, value: words },
      ),
      ...(priceCredits === null ? [] : [context(startPrice(priceCredits))]),
    ],
  });
}

const named = z.object({
  action: z.enum(askingActions),
  id: runId,
  step: z
    .string()
    .regex(/^\d{0,4}$/)
    .transform((digits) => (digits === '' ? null : Number(digits))),
});

/** Returns what a form asks words for, or null for other forms. */
export function readAskForm(callbackId: string): Asking | null {
  if (callbackId.startsWith(earlier)) {
    const id = runId.safeParse(callbackId.slice(earlier.length));
    return id.success ? { action: 'edit', id: id.data, step: null } : null;
  }
  if (!callbackId.startsWith(prefix)) return null;
  const [action, id, step = ''] = callbackId.slice(prefix.length).split(':');
  return named.safeParse({ action, id, step }).data ?? null;
}

/** Reads the words of a submitted form, and what the form carried. */
export function readWords(state: ViewState, metadata: string): { words: string } & z.infer<typeof carried> {
  const words = fieldValue(state, 'prompt').text ?? '';
  try {
    return { words, ...carried.parse(JSON.parse(metadata)) };
  } catch {
    return { words, channel: null, threadTs: null, credits: 0 };
  }
}
