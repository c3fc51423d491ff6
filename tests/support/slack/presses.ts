import { z } from 'zod';
import type { InSlack } from './installed.ts';

type At = { channel: string; ts: string };

/** Gives a command and waits for the words of its answer. */
export async function answerTo({ driver }: Pick<InSlack, 'driver'>, line: string, by = {}): Promise<string> {
  const asked = await driver.command(line, by);
  return (await driver.told.first(({ key }) => key === asked.key, `an answer to ${line}`)).text;
}

/** Waits for the end of the nth run and returns the position of its root message. */
export async function ended({ slack }: Pick<InSlack, 'slack'>, nth = 0): Promise<At> {
  const fits = ({ method }: { method: string }) => method === 'chat.getPermalink';
  await slack.calls.first((call) => fits(call) && slack.calls.all().filter(fits).length > nth, 'the end of a run');
  const call = slack.calls.all().filter(fits)[nth];
  return { ts: String(call?.body.message_ts), channel: String(call?.body.channel) };
}

/** Presses a button of a message, by its name, or chooses an entry of the menu beside the buttons, by its value. */
export async function press(
  { driver }: Pick<InSlack, 'driver'>,
  name: string,
  at: At,
  { inMenu = false, ...by }: { inMenu?: boolean; user?: string } = {},
) {
  const entry = inMenu ? { action_id: 'menu', selected_option: { value: name } } : { action_id: name };
  return await driver.interact(
    {
      type: 'block_actions',
      trigger_id: await driver.trigger(by),
      actions: [{ ...entry, action_ts: '1' }],
      channel: { id: at.channel },
      message: { ts: at.ts, thread_ts: at.ts },
    },
    by,
  );
}

type Shown = { name: string; label: string; inMenu: boolean };

const label = z.object({ text: z.string() });
const element = z.union([
  z.object({ type: z.literal('button'), action_id: z.string(), text: label }),
  z.object({ type: z.literal('static_select'), options: z.array(z.object({ value: z.string(), text: label })) }),
]);
const rows = z.array(
  z.union([
    z.object({ type: z.literal('actions'), elements: z.array(element) }),
    z.object({ type: z.literal('carousel'), elements: z.array(z.object({ actions: z.array(element) })) }),
    z.object({}),
  ]),
);

/** The buttons of a message and the entries of its menu, in their order. */
export function buttonsOf(blocks: unknown): Shown[] {
  const elements = rows.parse(blocks).flatMap((row) => {
    if (!('elements' in row)) return [];
    return row.elements.flatMap((one) => ('actions' in one ? one.actions : [one]));
  });
  return elements.flatMap((one): Shown[] =>
    one.type === 'button'
      ? [{ name: one.action_id, label: one.text.text, inMenu: false }]
      : one.options.map(({ value, text }) => ({ name: value, label: text.text, inMenu: true })),
  );
}
