import { expect, test } from 'vitest';
import { openEmbedded } from '../../src/db/embedded.ts';
import type { Vendor } from '../../src/domain.ts';
import { googleCanary, openAiCanary } from '../support/canary.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { filesBelow, rowsOf } from '../support/leftovers.ts';
import type { Fault } from '../support/providers/server.ts';
import { startAllVendors } from '../support/providers/standIns.ts';
import { startVendors } from '../support/providers/vendors.ts';

const marksOf = (keys: readonly string[]) => [
  'CANARY',
  ...keys.flatMap((key) => [Buffer.from(key).toString('base64').slice(4, 40), encodeURIComponent(key)]),
];

const echo = (status: number, keys: readonly string[] = [openAiCanary, googleCanary]): Fault => ({
  fault: 'status',
  status,
  body: { error: { message: `no luck with ${keys.join(' and ')}`, code: 'x' } },
  headers: { 'x-echo': keys[0] ?? '' },
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
  expect(said.join('\n')).toContain('succeeded');
  await expectNowhere(home, said, [openAiCanary, googleCanary]);
});

/** A model of a vendor that makes videos. A vendor without one here has its key checked alone. */
const ownModels: Partial<Record<Vendor, string>> = { openrouter: 'google/veo-3.1-lite', runway: 'seedance2_5' };

test('so are the keys of all other vendors', async () => {
  const vendors = await startVendors();
  const others = await startAllVendors(['openai', 'google']);
  const { home, environment } = await newcomer();
  const said: string[] = [];
  const run = async (words: string[], over: NodeJS.ProcessEnv = {}, input = '') => {
    const all = { ...environment, ...vendors.environment, ...others.environment, LOG_LEVEL: 'trace', ...over };
    const command = vidgenie(words, all, input);
    await command.exit;
    said.push(command.stdout(), command.stderr());
  };
  for (const { vendor, key, stub } of others.started) {
    stub.fail('GET', /./, echo(401, [key.reveal()]));
    await run(['keys', 'set', vendor], {}, key.reveal());
    await run(['keys', 'set', vendor], {}, key.reveal());
    stub.fail('GET', /./, echo(403, [key.reveal()]));
    await run(['keys', 'check', vendor]);
    const model = ownModels[vendor];
    if (!model) continue;
    stub.fail('POST', /./, echo(400, [key.reveal()]));
    await run(['run', 'complete', 'a fox', '--json'], { VIDEO_MODEL: model });
    expect(stub.posts(/./).every(({ headers }) => headers.authorization?.includes(key.reveal()))).toBe(true);
    expect(stub.posts(/./).length).toBeGreaterThan(0);
  }
  await expectNowhere(
    home,
    said,
    others.started.map(({ key }) => key.reveal()),
  );
});

/** Expects that no log, no row, no job and no file of an installation has one of the keys, in any form. */
async function expectNowhere(home: string, said: readonly string[], keys: readonly string[]): Promise<void> {
  const server = await openEmbedded(home);
  const rows = await rowsOf(server.url);
  await server.close();
  const everything = { said: said.join('\n'), rows, files: await filesBelow(home) };
  for (const [where, content] of Object.entries(everything)) {
    for (const mark of marksOf(keys)) expect(`${where}: ${content.includes(mark)}`).toBe(`${where}: false`);
  }
}
