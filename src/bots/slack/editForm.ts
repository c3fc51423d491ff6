import type { types } from '@slack/bolt';
import { z } from 'zod';
import { longestPrompt, type RunId, runId } from '../../db/vocabulary.ts';
import type { Text } from '../text.ts';
import { fieldValue, modal, textInput } from './inputs.ts';
import type { ViewState } from './payloads.ts';

const prefix = 'edit:';
const where = z.object({ channel: z.string().nullable(), threadTs: z.string().nullable() });

/** A run's words, to be changed and tried again. Where the new run is to speak travels with the form. */
export const editForm = (id: RunId, prompt: string, at: z.infer<typeof where>, text: Text): types.ModalView =>
  modal({
    callbackId: `${prefix}${id}`,
    title: text.runs.buttons.edit,
    submit: text.slack.create.submit,
    close: text.slack.create.close,
    metadata: JSON.stringify(where.parse(at)),
    blocks: [
      textInput(
        { name: 'prompt', label: text.commands.options.prompt, isOptional: false },
        { longest: longestPrompt, isLong: true, value: prompt },
      ),
    ],
  });

/** The run whose words a form holds; null for other forms. */
export function runOfEditForm(callbackId: string): RunId | null {
  const id = runId.safeParse(callbackId.startsWith(prefix) ? callbackId.slice(prefix.length) : '');
  return id.success ? id.data : null;
}

export function readEditForm(
  state: ViewState,
  metadata: string,
): { prompt: string; channel: string | null; threadTs: string | null } {
  const prompt = fieldValue(state, 'prompt').text ?? '';
  try {
    return { prompt, ...where.parse(JSON.parse(metadata)) };
  } catch {
    return { prompt, channel: null, threadTs: null };
  }
}
