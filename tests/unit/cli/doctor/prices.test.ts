import { expect, test } from 'vitest';
import { checkPrices } from '../../../../src/cli/doctor/prices.ts';
import { readConfig } from '../../../../src/config.ts';
import { everyVendor } from '../../../support/prices.ts';

const found = (environment: NodeJS.ProcessEnv) => checkPrices(readConfig(environment), everyVendor(environment));

test('the doctor warns about models in use that lose money with the fixed table, and is content all the same', () => {
  const findings = found({ VIDEO_MODEL: 'veo-3.1-generate-001', IMAGE_MODEL: 'gemini-nano-banana-2.1' });
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({ part: 'prices', isFine: true, isWarning: true });
  expect(findings[0]?.says).toMatch(
    /^veo-3\.1-generate-001 loses money: 30 s, 720p.* costs \$12\.00 and sells for 42 credits, worth \$2\.10.*PRICES=book/,
  );
});

test('it warns about no model that a member has to choose, and about none in the price book', () => {
  const cheap = { IMAGE_MODEL: 'gemini-nano-banana-2.1', VIDEO_MODEL: 'veo-3.1-lite-generate-001' };
  for (const environment of [cheap, { PRICES: 'book', VIDEO_MODEL: 'veo-3.1-generate-001' }]) {
    const findings = found(environment);
    expect(findings).toHaveLength(1);
    expect(findings[0]).not.toHaveProperty('isWarning');
    expect(findings[0]).toMatchObject({ part: 'prices', isFine: true });
  }
});
