import { expect, test } from 'vitest';
import { openEmbedded } from '../../src/db/embedded.ts';
import { googleCanary, openAiCanary } from '../support/canary.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { filesBelow, rowsOf } from '../support/leftovers.ts';
import type { Fault } from '../support/providers/server.ts';
import { startVendors } from '../support/providers/vendors.ts';

const marks = ['CANARY', Buffer.from(openAiCanary).toString('base64').slice(4, 40), encodeURIComponent(googleCanary)];

const echo = (status: number): Fault => ({
  fault: 'status',
  status,
  body: { error: { message: `no luck with ${openAiCanary} and ${googleCanary}`, code: 'x' } },
  headers: { 'x-echo': openAiCanary },
});

test('a marked key is found nowhere after runs that succeed and runs that fail in every way: no log, no row, no job, no file, no word', async () => {
  const vendors = await startVendors();
  const { home, environment } = await newcomer();
  const configured = { ...environment, ...vendors.environment, LOG_LEVEL: 'trace' };
  const said: string[] = [];
  const run = async (words: string[], over: NodeJS.ProcessEnv = {}, input = '') => {
    const command = vidgenie(words, { ...configured, ...over }, input);
    await command.exit;
    said.push(command.stdout(), command.stderr());
  };

  // First on the workspace's own keys, then on the operator's.
  await run(['keys', 'set', 'openai'], {}, openAiCanary);
  await run(['keys', 'set', 'google'], {}, googleCanary);
  vendors.openai.fail('GET', /models/, echo(401));
  await run(['keys', 'set', 'openai'], {}, openAiCanary);
  const short = ['--duration', '3', '--resolution', '720p', '--json'];
  await run(['run', 'complete', 'a fox', ...short]);
  await run(['keys', 'check', 'google']);
  await run(['keys', 'list', '--json']);
  const faults: Fault[] = [echo(400), echo(401), echo(500), { fault: 'drop' }, { fault: 'malformed' }];
  for (const fault of faults) {
    vendors.openai.fail('POST', /responses/, fault);
    vendors.openai.fail('POST', /images/, fault);
    await run(['run', 'image', 'a fox', '--json']);
  }
  vendors.omni.fail('POST', /interactions$/, echo(400));
  await run(['run', 'complete', 'a fox', ...short]);
  await run(['keys', 'remove', 'openai']);
  await run(['keys', 'rotate']);
  await run(['doctor']);
  await run(['run', 'image', 'a fox'], {
    DATABASE_URL: 'postgres://u:CANARYpassword@127.0.0.1:1/x',
    VIDGENIE_KEYRING: 'k1:CANARY',
  });

  expect(vendors.openai.requests.some((one) => one.headers.authorization?.includes('CANARY'))).toBe(true);
  const server = await openEmbedded(home);
  const rows = await rowsOf(server.url);
  await server.close();
  const everything = { said: said.join('\n'), rows, files: await filesBelow(home) };
  expect(everything.said).toContain('succeeded');
  for (const [where, content] of Object.entries(everything)) {
    for (const mark of marks) expect(`${where}: ${content.includes(mark)}`).toBe(`${where}: false`);
  }
});
