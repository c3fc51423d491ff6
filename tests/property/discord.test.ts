import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actions } from '../../src/bots/card.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { maxPromptLength } from '../../src/domain.ts';
import { put } from '../support/discord/messages.ts';
import { openVidGenie } from '../support/discord/server.ts';

const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.constantFrom(
    '@everyone <@1> <#2>',
    '**',
    '\u0000',
    '‮',
    '```',
    ' ',
    '-',
    '9'.repeat(300),
    '/../..',
    'x'.repeat(maxPromptLength + 1),
  ),
);
const value = fc.oneof(words, fc.integer(), fc.double(), fc.boolean());
const anyId = fc.oneof(
  words.map((one) => one.slice(0, 100)),
  fc
    .tuple(
      fc.constantFrom(...actions, 'start', 'more', 'picture', 'pictureEdit', 'form', 'x'),
      fc.oneof(fc.uuid(), words),
    )
    .map(([action, rest]) => `v1:${action}:${rest}`.slice(0, 100)),
  fc
    .tuple(fc.constantFrom(...actions, 'start', 'more'), fc.uuid(), fc.nat(), fc.nat())
    .map(([action, id, credits, step]) => `v1:${action}:${id}:${credits}:${step}`),
  fc.constantFrom(
    'v1:form:settings',
    'v1:form:settings:limits',
    'v1:form:keys:',
    'v1:form:help',
    'v1:form:',
    'v2:cancel:1',
    ':::',
    'v1:__proto__:__proto__',
  ),
);
const commandName = fc.oneof(
  fc.constantFrom('complete', 'image', 'video', 'status', 'cancel', 'history', 'credits', 'settings', 'help'),
  words,
);
const optionName = fc.oneof(
  fc.constantFrom(
    'prompt',
    'style',
    'quality',
    'aspect',
    'duration',
    'resolution',
    'audio',
    'image',
    'run',
    'everyone',
    'reset',
    'command',
  ),
  words,
);
const options = fc.dictionary(optionName, value, { maxKeys: 4 });
const fieldNames = [
  'prompt',
  'style',
  'video',
  'duration',
  'daily',
  'blocked',
  'channels',
  'spoilers',
  'mentions',
  'remove',
] as const;
const fields = fc.dictionary(fc.oneof(fc.constantFrom(...fieldNames), words), fc.oneof(words, fc.array(words)), {
  maxKeys: 5,
});

const garbage = fc.oneof(
  fc.record({ kind: fc.constant('command' as const), name: commandName, options }),
  fc.record({ kind: fc.constant('typing' as const), name: commandName, options, focused: optionName }),
  fc.record({ kind: fc.constant('press' as const), id: anyId }),
  fc.record({ kind: fc.constant('choice' as const), id: anyId }),
  fc.record({ kind: fc.constant('mention' as const), words }),
  fc.record({ kind: fc.constant('submit' as const), id: anyId, fields }),
);

test('whatever anybody types into whatever field, there is an answer, and the ledger is right', async () => {
  const { discord, channel, worker, bot } = await openVidGenie();
  const admin = discord.person('admin');
  const { people, world } = discord;
  const menuOf = 'v1:more:0b8f6a52-0000-4000-8000-000000000000';
  const menu = put(world, channel.id, {
    body: { flags: 1 << 15, components: [{ type: 10, content: 'a' }], allowed_mentions: { parse: [] } },
    uploads: [],
  });
  let isGateway = false;
  await fc.assert(
    fc.asyncProperty(garbage, async (one) => {
      if (one.kind === 'mention') {
        const said = people.say(admin, channel, `<@${world.applicationId}> ${one.words}`);
        discord.say(said);
        await world.until(() => world.messagesIn(channel.id).some(({ reference }) => reference === said.id));
        return;
      }
      const asked =
        one.kind === 'command'
          ? people.command(admin, channel, one.name, one.options)
          : one.kind === 'typing'
            ? people.complete(admin, channel, one.name, one.options, one.focused)
            : one.kind === 'press'
              ? people.press(admin, channel, one.id)
              : one.kind === 'choice'
                ? people.choose(admin, channel, { customId: menuOf, value: one.id }, menu)
                : people.submit(admin, channel, one.id, one.fields);
      isGateway = !isGateway;
      if (isGateway) await discord.ask(asked);
      else expect((await discord.sendOverHttp(asked, bot.endpoint)).status).toBe(200);
      expect(asked.interaction.answered).not.toBeNull();
    }),
    { numRuns: 200 },
  );
  await bot.stop();
  // No member's text reached Discord in a form that it refuses.
  expect(world.requests.filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);
  expect(await checkInvariants(worker.services.db, { atRest: false })).toEqual([]);
});
