import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { maxPromptLength } from '../../src/domain.ts';
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
    .tuple(fc.constantFrom('cancel', 'again', 'edit', 'animate', 'delete', 'form', 'x'), fc.oneof(fc.uuid(), words))
    .map(([action, rest]) => `v1:${action}:${rest}`.slice(0, 100)),
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
  fc.record({ kind: fc.constant('submit' as const), id: anyId, fields }),
);

test('whatever anybody types into whatever field, there is an answer, and the ledger is right', async () => {
  const { discord, channel, worker, bot } = await openVidGenie();
  const admin = discord.person('admin');
  const { people, world } = discord;
  let isGateway = false;
  await fc.assert(
    fc.asyncProperty(garbage, async (one) => {
      const asked =
        one.kind === 'command'
          ? people.command(admin, channel, one.name, one.options)
          : one.kind === 'typing'
            ? people.complete(admin, channel, one.name, one.options, one.focused)
            : one.kind === 'press'
              ? people.press(admin, channel, one.id)
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
