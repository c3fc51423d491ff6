import { expect, test } from 'vitest';
import { keyShape } from '../../src/bots/commands/keys.ts';
import { ownKeys } from '../../src/bots/runCard.ts';
import { textOf } from '../../src/bots/text.ts';
import { readConfig } from '../../src/config.ts';
import { vendors, vendorTable } from '../../src/domain.ts';
import { vendorName } from '../../src/pipeline/providers/vendors.ts';
import { adapters, checkKey, createModeration, listModels } from '../../src/providers.ts';
import { secretVariables } from '../../src/variables.ts';
import { step, view } from '../support/botSamples.ts';
import { everythingShownOf } from '../support/canary.ts';
import { startAllVendors } from '../support/providers/standIns.ts';

const signal = new AbortController().signal;

test('a key is tried, and its models are listed, at its own vendor and nowhere else', async () => {
  const { started, environment } = await startAllVendors();
  const { providers } = readConfig(environment);
  for (const { vendor, key } of started) {
    const before = started.map((one) => ({ ...one, count: one.stub.requests.length }));
    expect([vendor, await checkKey(providers, vendor, key, signal)]).toEqual([vendor, 'valid']);
    expect(await listModels(providers, vendor, key, signal)).toMatchObject({ ok: true });
    for (const { vendor: other, stub, count } of before) {
      const sent = stub.requests.slice(count);
      expect(sent.length > 0, `${vendor}'s key at ${other}`).toBe(other === vendor);
      expect(sent.filter(({ method }) => method !== 'GET')).toEqual([]);
      if (other === vendor) expect(JSON.stringify(sent[0]?.headers)).toContain(key.reveal());
    }
  }
});

test('the verdicts on a key are those of the answer, at every vendor, and none shows the key', async () => {
  const { started, environment } = await startAllVendors();
  const { providers } = readConfig(environment);
  for (const { vendor, key, stub } of started) {
    for (const [status, verdict] of [
      [401, 'invalid'],
      [403, 'no_permission'],
      [402, 'out_of_quota'],
      [500, 'unreachable'],
    ] as const) {
      const echo = { fault: 'status', status, body: { error: { message: `no: ${key.reveal()}` } } } as const;
      stub.fail('GET', /./, echo, echo);
      expect([vendor, status, await checkKey(providers, vendor, key, signal)]).toEqual([vendor, status, verdict]);
      expect(everythingShownOf(await listModels(providers, vendor, key, signal))).not.toContain('CANARY');
    }
  }
});

test('every vendor has a line in the table, an adapter, and a variable whose key is read and kept from logs', () => {
  for (const { id, name, keyVariable, keyExample } of vendorTable) {
    expect(adapters.filter(({ vendor }) => vendor === id)).toMatchObject([{ id, name }]);
    expect(secretVariables).toContain(keyVariable);
    const key = `${keyExample.replace('…', '')}${'0123456789abcdef'.repeat(8)}`;
    expect(key).toMatch(keyShape);
    expect(
      readConfig({ [keyVariable]: key })
        .providers.keys.get(id)
        ?.reveal(),
    ).toBe(key);
  }
});

test('what moderates is a vendor of the table', () => {
  const moderator = createModeration(readConfig({}).providers);
  expect(vendors).toContain(moderator?.vendor);
});

test('a run names the vendor whose key it uses, and none whose key it does not use', () => {
  const by = (provider: string) =>
    ownKeys(view({}, [{ ...step('image'), provider, keySource: 'workspace' }]), textOf('en')).join();
  for (const vendor of vendors) expect(by(vendor)).toContain(vendorName(vendor));
  expect(by('google-veo')).toContain('Google');
  expect(by('acme-images')).toBe('');
});
