import { z } from 'zod';
import type { ApiCall } from './proxy.ts';
import type { Slack } from './slack.ts';

/** A modal in Slack's form. */
export const shownView = z.object({
  id: z.string(),
  callback_id: z.string().default(''),
  private_metadata: z.string().default(''),
  submit: z.object({ text: z.string() }).nullish(),
  blocks: z.array(z.record(z.string(), z.unknown())),
});
export type ShownView = z.infer<typeof shownView>;

const ofCall = ({ answer }: ApiCall): ShownView | null => shownView.nullable().catch(null).parse(answer.view);

/** Waits for a modal with such a callback id, after its update. */
export async function modalShown(slack: Slack, callback: RegExp, nth = 0): Promise<ShownView> {
  const fits = (call: ApiCall) => call.method === 'views.update' && callback.test(ofCall(call)?.callback_id ?? '');
  await slack.calls.first((call) => fits(call) && slack.calls.all().filter(fits).length > nth, `a modal ${callback}`);
  const view = slack.calls.all().filter(fits)[nth];
  const found = view ? ofCall(view) : null;
  if (!found) throw new Error('no such view');
  return found;
}

type Filled = {
  text?: string;
  choice?: string;
  ticks?: string[];
  files?: string[];
  conversation?: string;
  conversations?: string[];
};

/** The payload of a submitted modal with the given field values. */
export const submission = (view: ShownView, filled: Record<string, Filled>, more: object = {}) => ({
  type: 'view_submission',
  view: {
    ...view,
    type: 'modal',
    state: {
      values: Object.fromEntries(
        Object.entries(filled).map(([name, { text, choice, ticks, files, conversation, conversations }]) => [
          name,
          {
            [name]: {
              ...(text === undefined ? {} : { value: text }),
              ...(choice === undefined ? {} : { selected_option: { value: `=${choice}` } }),
              ...(files === undefined ? {} : { files: files.map((id) => ({ id, mimetype: 'image/png' })) }),
              ...(ticks === undefined ? {} : { selected_options: ticks.map((one) => ({ value: `=${one}` })) }),
              ...(conversation === undefined ? {} : { selected_conversation: conversation }),
              ...(conversations === undefined ? {} : { selected_conversations: conversations }),
            },
          },
        ]),
      ),
    },
  },
  ...more,
});

/** All text of a view, for searches. */
export const wordsOf = (view: { blocks: unknown }): string => JSON.stringify(view.blocks);
