import { expect, test } from 'vitest';
import { takeHook } from '../../src/db/hooks.ts';
import { createTestDatabase } from '../support/database.ts';
import { createInstallation, submitted, until } from '../support/program.ts';
import { readJournal } from '../support/studio.ts';

test('a hook is seen in the middle of a turn that waits for another call of the same run', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  // Of two clips, one is at its provider, and the other one takes longer to be sent than this test.
  const vendor = { firstPollAfterMs: 180_000, slowSteps: { 5: 60_000 } };
  const worker = await installation.open({ worker: true, vendor });
  const id = await submitted(worker, { workflow: 'story', options: { scenes: 2, duration: 16 } });
  await until(worker, id, ({ steps }) => steps[3]?.state === 'submitted' && steps[4]?.state === 'submitting');
  const polls = () =>
    readJournal(installation.journal)
      .filter(({ call }) => call === 'poll')
      .map(({ number }) => number);
  expect(polls()).toEqual([]);
  expect(await takeHook(database.db, 'google', { runId: id, step: 4 })).toBe('taken');
  await expect.poll(polls, { timeout: 30_000 }).toContain(4);
  const answered = readJournal(installation.journal).some(({ call, number }) => call === 'answer' && number === 5);
  expect(answered).toBe(false);
  await worker.stop();
});
