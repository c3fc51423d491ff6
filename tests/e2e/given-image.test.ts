import { expect, inject, test } from 'vitest';
import type { CommandRequest } from '../../src/bots/commands/request.ts';
import { startRun } from '../../src/bots/commands/startRun.ts';
import { ensureWorkspace, saveSettings, workspaceSettings } from '../../src/db/workspaces.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation } from '../support/program.ts';

const video = { workflow: 'video', prompt: 'slowly closer', options: {}, image: 'any' } as const;

test('an image is neither fetched nor decoded for a command that is refused for its credits, limits, channel or words', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const limits = { memberAtWork: 1, memberWaiting: 1, workspaceAtWork: 30 };
  const { services } = await installation.open({ worker: false, config: { limits } });
  const settings = workspaceSettings.parse({});
  let opened = 0;
  const askedIn = async (credits: number, over: Partial<typeof settings> = {}): Promise<CommandRequest> => {
    const workspace = await createWorkspace(database, credits, `terminal:${crypto.randomUUID()}`);
    await ensureWorkspace(database.db, workspace, 0);
    await saveSettings(database.db, workspace.id, { ...settings, ...over });
    return {
      services,
      workspace,
      member: { id: 'ada', name: 'Ada', isAdmin: false },
      requestKey: crypto.randomUUID(),
      conversation: {},
      locale: 'en',
      signal: new AbortController().signal,
      openImage: async () => {
        opened += 1;
        return inject('vendorMedia').image;
      },
    };
  };
  const again = (request: CommandRequest) => ({ ...request, requestKey: crypto.randomUUID() });

  const poor = await askedIn(17);
  expect(await startRun(poor, video)).toMatchObject({ refusal: { reason: 'insufficient', balance: 17 } });
  const elsewhere = await askedIn(1_000, { channels: ['1'] });
  const there = { ...elsewhere, channelIds: ['2'] };
  expect(await startRun(there, video)).toMatchObject({ refusal: { reason: 'elsewhere' } });
  const strict = await askedIn(1_000, { blockedWords: ['slowly'] });
  expect(await startRun(strict, video)).toMatchObject({ refusal: { reason: 'blocked', word: 'slowly' } });
  expect(opened).toBe(0);

  const daily = await askedIn(1_000, { dailyRuns: 1 });
  const first = await startRun(daily, video);
  expect(first).toMatchObject({ kind: 'run' });
  expect(opened).toBe(1);
  expect(await startRun(again(daily), video)).toMatchObject({ refusal: { reason: 'daily_limit', max: 1 } });
  // The same command, delivered again, returns its existing run.
  expect(await startRun(daily, video)).toMatchObject({ kind: 'run', started: null });
  expect(opened).toBe(1);

  const keen = await askedIn(1_000);
  for (const request of [keen, again(keen)]) expect(await startRun(request, video)).toMatchObject({ kind: 'run' });
  expect(opened).toBe(3);
  expect(await startRun(again(keen), video)).toMatchObject({ refusal: { reason: 'busy', max: 2 } });
  expect(opened).toBe(3);
});
