import { WebAPIPlatformError } from '@slack/web-api';
import { expect, test } from 'vitest';
import { createCarousels } from '../../../../src/bots/slack/carousels.ts';
import { workspaceId } from '../../../../src/domain.ts';

const [first, second] = ['slack:T1', 'slack:T2'].map((id) => workspaceId.parse(id));
if (!first || !second) throw new Error('there are two workspaces');
const message = { withCarousel: { text: 'carousel', blocks: [] }, plain: { text: 'plain', blocks: [] } };

const refusal = (error: string, ...messages: string[]) =>
  new WebAPIPlatformError({ ok: false, error, response_metadata: { messages } });

/** A Slack that refuses carousels in this way. `sent` holds all tries. */
function slackThat(refuses: () => Error) {
  const sent: string[] = [];
  return {
    sent,
    send: async ({ text }: { text: string }) => {
      sent.push(text);
      if (text === 'carousel') throw refuses();
      return text;
    },
  };
}

test('a workspace that refused a carousel gets none for a day, and the others do', async () => {
  let now = 0;
  const carousels = createCarousels(() => now);
  const slack = slackThat(() =>
    refusal('invalid_blocks', '[ERROR] unsupported type: carousel [json-pointer:/blocks/3/type]'),
  );
  expect(await carousels.send(first, message, slack.send)).toBe('plain');
  await carousels.send(first, message, slack.send);
  await carousels.send(second, message, slack.send);
  now += 24 * 3_600_000;
  await carousels.send(first, message, slack.send);
  expect(slack.sent).toEqual(['carousel', 'plain', 'plain', 'carousel', 'plain', 'carousel', 'plain']);
});

test('a file that Slack cannot show yet does not count against carousels', async () => {
  const carousels = createCarousels();
  const slack = slackThat(() =>
    refusal('invalid_blocks', '[ERROR] invalid slack file [json-pointer:/blocks/3/elements/0/hero_image/slack_file]'),
  );
  for (let time = 0; time < 2; time += 1) expect(await carousels.send(first, message, slack.send)).toBe('plain');
  expect(slack.sent).toEqual(['carousel', 'plain', 'carousel', 'plain']);
});

test('every other fault is told, and a message without images to choose from is sent as it is', async () => {
  const carousels = createCarousels();
  const slack = slackThat(() => refusal('message_not_found'));
  await expect(carousels.send(first, message, slack.send)).rejects.toThrow(/message_not_found/);
  await carousels.send(first, { ...message, withCarousel: null }, slack.send);
  expect(slack.sent).toEqual(['carousel', 'plain']);
});
