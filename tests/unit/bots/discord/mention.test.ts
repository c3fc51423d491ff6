import { expect, test } from 'vitest';
import { readMention } from '../../../../src/bots/discord/mention.ts';

const said = {
  id: '3',
  channel_id: '2',
  guild_id: '1',
  type: 0,
  content: '<@9> make it dusk',
  author: { id: '5', username: 'ada' },
};

test('only a person who mentions the bot by name speaks to it', () => {
  expect(readMention(said, '9')).toMatchObject({ id: '3', content: said.content });
  expect(readMention({ ...said, type: 19, content: 'make it dusk, <@!9>' }, '9')).not.toBeNull();
  const others: object[] = [
    { content: 'make it dusk' },
    { content: '<@90> make it dusk' },
    { content: '<@&9> make it dusk' },
    { author: { ...said.author, bot: true } },
    { webhook_id: '7' },
    // Somebody pinned a message.
    { type: 6 },
    { guild_id: undefined },
  ];
  for (const other of others) expect(readMention({ ...said, ...other }, '9'), JSON.stringify(other)).toBeNull();
  expect(readMention(null, '9')).toBeNull();
});
