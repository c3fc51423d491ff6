import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkComfy } from '../../../../src/cli/doctor/comfyui.ts';
import { plainCanary } from '../../../support/canary.ts';
import { testConfig } from '../../../support/config.ts';
import { type ComfyStub, sampleFolder, startComfy } from '../../../support/providers/comfyui.ts';
import { deserted } from '../../../support/providers/server.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

/** The doctor's findings about ComfyUI, with an operator's configuration. */
async function said(url: string, over: Record<string, string> = {}): Promise<string[]> {
  const { comfyui } = testConfig('postgres://x/y', '/tmp/x', { COMFYUI_URL: url, ...over }).providers;
  if (!comfyui) throw new Error('ComfyUI is not configured');
  const findings = await checkComfy(comfyui, AbortSignal.timeout(30_000));
  return findings.map(({ isFine, says }) => `${isFine ? 'fine' : 'wrong'}: ${says}`);
}

const prompts = (stub: ComfyStub) => stub.posts(/prompt/);

test('a ComfyUI that has everything is one line with its version and its workflows', async () => {
  const stub = await startComfy();
  expect(await said(stub.url)).toEqual(['fine: version 0.3.64 answers, for qwen-image and wan2.2-i2v']);
  expect(prompts(stub)).toEqual([]);
});

test('the file of a model that is missing is told with the place that names it', async () => {
  const stub = await startComfy();
  // Newer nodes list their options in another form than older ones.
  stub.models.get('text_encoders')?.delete('umt5_xxl_fp8_e4m3fn_scaled.safetensors');
  stub.models.get('vae')?.delete('qwen_image_vae.safetensors');
  const lines = await said(stub.url);
  expect(lines.slice(1)).toEqual([
    expect.stringMatching(/^wrong: qwen-image names qwen_image_vae\.safetensors as vae_name of VAELoader/),
    expect.stringMatching(/^wrong: wan2\.2-i2v names umt5_xxl.* as clip_name of CLIPLoader/),
  ]);
});

test('a node that is missing, and files that cannot be used, are told', async () => {
  const stub = await startComfy();
  const folder = await temporaryDirectory();
  await cp(sampleFolder, folder, { recursive: true });
  const file = join(folder, 'wan2.2-i2v.json');
  const renamed = JSON.stringify({
    '19': {
      class_type: 'SaveFilm',
      inputs: { x: '%prompt% %image% %lastImage% %width% %height% %renderWidth% %renderHeight% %seed% %frames%' },
    },
  });
  const description = { kind: 'video', output: '19', seconds: [5], fps: 16, sizes: { wide: { '720p': '1280x720' } } };
  await writeFile(file, renamed.replace(' %lastImage%', '').replace(' %renderWidth% %renderHeight%', ''));
  await writeFile(join(folder, 'wan2.2-i2v.vidgenie.json'), JSON.stringify(description));
  await writeFile(join(folder, 'broken.json'), '{');
  const lines = await said(stub.url, { COMFYUI_WORKFLOWS: folder });
  expect(lines).toEqual([
    expect.stringMatching(/^fine: /),
    expect.stringMatching(/^wrong: broken\.vidgenie\.json cannot be used: it is missing/),
    expect.stringMatching(/^wrong: wan2\.2-i2v needs the node SaveFilm/),
  ]);
  expect(await said(stub.url, { COMFYUI_WORKFLOWS: '/no/such/folder' })).toEqual([
    expect.stringMatching(/^wrong: it answers, but there is no workflow/),
    expect.stringMatching(/^wrong: \/no\/such\/folder cannot be used: the folder cannot be read/),
  ]);
});

test('a ComfyUI that is away, and one that takes no key, are two things', async () => {
  expect(await said(await deserted())).toEqual([
    'wrong: it cannot be used: ComfyUI could not be reached. Start it, or check COMFYUI_URL',
  ]);
  const stub = await startComfy();
  stub.key = plainCanary;
  expect(await said(stub.url, { COMFYUI_API_KEY: 'another-secret' })).toEqual([
    'wrong: it refuses VidGenie: ComfyUI does not accept the key. Check COMFYUI_API_KEY',
  ]);
});
