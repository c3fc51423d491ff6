import { expect, test } from 'vitest';
import { pauseEdits, takeEdit } from '../../../src/db/editBudget.ts';
import { workspaceId } from '../../../src/domain.ts';
import { createTestDatabase } from '../../support/database.ts';

const one = workspaceId.parse('slack:T1');
const two = workspaceId.parse('slack:T2');
/** So slow that no budget comes back within a test. */
const pace = { perMinute: 0.001, burst: 10, kept: 4 };

test('all processes draw from one purse, and progress leaves room for finals', async () => {
  const { db } = await createTestDatabase();
  const asked = await Promise.all(Array.from({ length: 30 }, () => takeEdit(db, one, 'progress', pace)));
  expect(asked.filter((granted) => granted)).toHaveLength(pace.burst - pace.kept);
  expect(await takeEdit(db, two, 'progress', pace)).toBe(true);
});

test('a final is never refused, not even in debt or while Slack asked for silence', async () => {
  const { db } = await createTestDatabase();
  const finals = await Promise.all(Array.from({ length: 30 }, () => takeEdit(db, one, 'final', pace)));
  expect(finals.every((granted) => granted)).toBe(true);
  await pauseEdits(db, one, 60_000);
  expect(await takeEdit(db, one, 'progress', { ...pace, perMinute: 1e9 })).toBe(false);
  expect(await takeEdit(db, one, 'final', pace)).toBe(true);
});

test('the purse fills again with time, and never beyond its size', async () => {
  const { db } = await createTestDatabase();
  await Promise.all(Array.from({ length: 12 }, () => takeEdit(db, one, 'final', pace)));
  expect(await takeEdit(db, one, 'progress', pace)).toBe(false);
  const quick = { ...pace, perMinute: 1e9 };
  expect(await takeEdit(db, one, 'progress', quick)).toBe(true);
  const asked = await Promise.all(Array.from({ length: 30 }, () => takeEdit(db, one, 'progress', pace)));
  expect(asked.filter((granted) => granted).length).toBeLessThan(pace.burst);
});
