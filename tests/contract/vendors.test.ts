import { expect, test } from 'vitest';
import { ownKeys } from '../../src/bots/runCard.ts';
import { textOf } from '../../src/bots/text.ts';
import { readConfig } from '../../src/config.ts';
import { type Vendor, vendors } from '../../src/domain.ts';
import { vendorNames } from '../../src/pipeline/providers/vendors.ts';
import { checkKey, listModels } from '../../src/providers.ts';
import { step, view } from '../support/botSamples.ts';
import { googleKey, openAiKey } from '../support/canary.ts';
import { startGemini } from '../support/providers/gemini-image.ts';
import { startOpenAi } from '../support/providers/openai.ts';
import type { Stub } from '../support/providers/server.ts';

const signal = new AbortController().signal;
const keys = { openai: openAiKey, google: googleKey } as const satisfies Record<Vendor, unknown>;

test('a key is tried, and its models are listed, at its own vendor and nowhere else', async () => {
  const [openai, google] = [await startOpenAi(), await startGemini()];
  const stubs: Record<Vendor, Pick<Stub, 'requests'>> = { openai, google };
  const { providers } = readConfig({ OPENAI_BASE_URL: `${openai.url}/v1`, GOOGLE_BASE_URL: google.url });
  for (const vendor of vendors) {
    const before = vendors.map((other) => [other, stubs[other].requests.length] as const);
    expect(await checkKey(providers, vendor, keys[vendor], signal)).toBe('valid');
    expect(await listModels(providers, vendor, keys[vendor], signal)).toMatchObject({ ok: true });
    for (const [other, count] of before) {
      const sent = stubs[other].requests.slice(count);
      expect(sent.length > 0, `${vendor}'s key at ${other}`).toBe(other === vendor);
      if (other === vendor) expect(JSON.stringify(sent[0]?.headers)).toContain(keys[vendor].reveal());
    }
  }
});

test('a run names the vendor whose key it uses, and none whose key it does not use', () => {
  const by = (provider: string) =>
    ownKeys(view({}, [{ ...step('image'), provider, keySource: 'workspace' }]), textOf('en')).join();
  for (const vendor of vendors) expect(by(vendor)).toContain(vendorNames[vendor]);
  expect(by('google-veo')).toContain('Google');
  expect(by('acme-images')).toBe('');
});
