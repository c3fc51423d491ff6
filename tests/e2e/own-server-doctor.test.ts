import { expect, test } from 'vitest';
import { checkServers } from '../../src/cli/doctor/servers.ts';
import { readConfig } from '../../src/config.ts';
import { openProviders } from '../../src/program.ts';
import { startOwnServer } from '../support/providers/openai-server.ts';
import { deserted } from '../support/providers/server.ts';

/** The doctor's findings about servers with these settings. */
async function findings(told: Record<string, string>) {
  const config = readConfig(told);
  const found = await checkServers(config, await openProviders(config), new AbortController().signal);
  return found.map(({ isFine, says }) => `${isFine ? 'fine' : 'wrong'}: ${says}`);
}

test('the doctor reaches every server, and tells what VidGenie does without there', async () => {
  const server = await startOwnServer();
  server.images.canEdit = false;
  server.words.refusesFormat = { status: 400, body: { error: { message: 'response_format is not supported' } } };
  server.fail('POST', /completions/, { fault: 'status', status: 400, body: { error: { message: 'no json_schema' } } });
  const base = `${server.url}/v1`;
  const all = await findings({ ENHANCE_BASE_URL: base, IMAGE_BASE_URL: base, VIDEO_BASE_URL: base });
  expect(all).toEqual([
    expect.stringMatching(/^fine: the prompt server answers, and it lists 1 model.*structured output.*moderation/),
    expect.stringMatching(/^fine: the image server answers.*changing images/),
    'fine: the video server answers, and it lists 1 model',
  ]);
  const [alone] = await findings({ VIDEO_BASE_URL: base, OPENAI_API_KEY: 'sk-none', IMAGE_MODEL: 'gpt-image-2' });
  expect(alone).toBe('fine: the video server answers, and it lists 1 model');
  expect(await findings({ VIDEO_BASE_URL: base })).toEqual([
    expect.stringMatching(/without: images \(nothing makes any.*moderation/),
  ]);
  expect(server.billed).toEqual([]);
});

test('the doctor tells which server is out of reach, and which does not have the model', async () => {
  const server = await startOwnServer();
  expect(await findings({ VIDEO_BASE_URL: `${await deserted()}/v1` })).toEqual([
    expect.stringMatching(/^wrong: the video server cannot be used: .*could not be reached.*VIDEO_BASE_URL/),
  ]);
  const [, missing] = await findings({ ENHANCE_BASE_URL: `${server.url}/v1`, ENHANCE_MODEL: 'llama-9' });
  expect(missing).toMatch(/^wrong: the prompt server does not list llama-9: correct ENHANCE_MODEL/);
  server.models.listed = ['llama-9:latest'];
  expect(await findings({ ENHANCE_BASE_URL: `${server.url}/v1`, ENHANCE_MODEL: 'llama-9' })).toHaveLength(1);
});
