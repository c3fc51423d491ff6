import { expect, test } from 'vitest';
import { formOf } from '../../../../src/bots/commands/keys.ts';
import { textOf } from '../../../../src/bots/text.ts';
import type { KeyDescription } from '../../../../src/db/vault.ts';
import { type Vendor, vendors, workspaceId } from '../../../../src/domain.ts';

const stored = (vendor: Vendor): KeyDescription => ({
  workspaceId: workspaceId.parse('terminal:local'),
  provider: vendor,
  purpose: 'api_key',
  lastFour: 'WXYZ',
  status: 'valid',
  checkedAt: null,
  createdBy: 'an-admin',
  createdAt: new Date(0),
});
const listed = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const vendor = vendors[index % vendors.length] ?? 'openai';
    return { vendor, key: stored(vendor) };
  });

test.each(['en', 'fr'] as const)(
  'no page of the form has more fields than Discord takes, however many vendors there are (%s)',
  (locale) => {
    for (let count = 1; count <= 13; count += 1) {
      const { pages, overview } = formOf(listed(count), textOf(locale));
      const fields = pages.flatMap((page) => page.fields);
      expect(fields.filter(({ kind }) => kind === 'secret')).toHaveLength(count);
      expect(Math.max(...pages.map((page) => page.fields.length))).toBeLessThanOrEqual(5);
      // A key that is stored can be ticked for removal on the page of its vendor.
      const removals = fields.flatMap((field) => (field.kind === 'ticks' ? [field] : []));
      expect(removals.flatMap(({ choices }) => choices)).toHaveLength(count);
      expect(new Set(removals.map(({ name }) => name)).size).toBe(removals.length);
      expect(overview === null).toBe(pages.length === 1);
      expect(new Set(pages.map(({ name }) => name)).size).toBe(pages.length);
    }
  },
);

test('the keys of all vendors are on one page', () => {
  const { pages } = formOf(listed(vendors.length), textOf('en'));
  expect(pages).toHaveLength(Math.ceil(vendors.length / 4));
});
