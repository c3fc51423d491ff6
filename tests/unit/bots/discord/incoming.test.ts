import { expect, test } from 'vitest';
import { modalValues } from '../../../../src/bots/discord/incoming.ts';

test('a submitted form gives each field as one text: choices separated by commas, uploaded files on lines of their own', () => {
  const rows = [
    { component: { type: 4, custom_id: 'name', value: 'fox' } },
    { component: { type: 22, custom_id: 'mayUse', values: ['yes', 'no'] } },
    { component: { type: 19, custom_id: 'images', values: ['11', '12'] } },
    { type: 10 },
  ];
  expect(modalValues(rows)).toEqual({ name: 'fox', mayUse: 'yes,no', images: '11\n12' });
});
