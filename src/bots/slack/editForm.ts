import type { types } from '@slack/bolt';
import { z } from 'zod';
import { maxPromptLength, type RunId, runId } from '../../domain.ts';
import type { Text } from '../text.ts';
import { fieldValue, modal, textInput } from './inputs.ts';
import type { ViewState } from './payloads.ts';

const prefix = 'edit:';
const carried = z.object({
  channel: z.string().nullable(),
  threadTs: z.string().nullable(),
  /** The price of starting the run, as the form shows it. */
  credits: z.int().min(0).default(0),
});
type Where = Omit<z.infer<typeof carried>, 'credits'>;
type Edited = { runId: RunId; prompt: string; priceCredits: number | null };

/**
 * A form with a run's prompt, for the member to change and run again. The form carries the new run's conversation and its price.
 */
export const editForm = ({ runId: id, prompt, priceCredits }: Edited, at: Where, text: Text): types.ModalView =>
  modal({
    callbackId: `${prefix}${id}`,
    title: text.runs.buttons.edit,
    submit: priceCredits === null ? text.slack.create.submit : text.runs.priced(text.slack.create.submit, priceCredits),
    close: text.slack.create.close,
    metadata: JSON.stringify(carried.parse({ ...at, credits: priceCredits ?? 0 })),
    blocks: [
      textInput(
        { name: 'prompt', label: text.commands.options.prompt, isOptional: false },
        { maxLength: maxPromptLength, isLong: true, value: prompt },
      ),
    ],
  });

/** Returns the run whose prompt a form holds, or null for other forms. */
export function runOfEditForm(callbackId: string): RunId | null {
  const id = runId.safeParse(callbackId.startsWith(prefix) ? callbackId.slice(prefix.length) : '');
  return id.success ? id.data : null;
}

export function readEditForm(state: ViewState, metadata: string): { prompt: string } & z.infer<typeof carried> {
  const prompt = fieldValue(state, 'prompt').text ?? '';
  try {
    return { prompt, ...carried.parse(JSON.parse(metadata)) };
  } catch {
    return { prompt, channel: null, threadTs: null, credits: 0 };
  }
}
