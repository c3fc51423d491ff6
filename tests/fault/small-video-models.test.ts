import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { changeRun } from '../../src/bots/actions/edit.ts';
import type { ActionAnswer } from '../../src/bots/actions/perform.ts';
import { performAction } from '../../src/bots/actions/perform.ts';
import type { CommandRequest } from '../../src/bots/commands/request.ts';
import { loadRun, type RunView } from '../../src/db/runs.ts';
import { saveSettings, workspaceSettings } from '../../src/db/workspaces.ts';
import { nextPrices, planChange } from '../../src/pipeline/quote.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';
import type { VendorBehaviour } from '../support/studio.ts';

async function opened(vendor: VendorBehaviour) {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 500);
  const program = await (await createInstallation(database)).open({ worker: true, vendor });
  const requestOf = (maxCredits: number | null): CommandRequest => ({
    services: program.services,
    workspace,
    member: { id: 'ada', name: 'Ada', isAdmin: false },
    requestKey: randomUUID(),
    conversation: {},
    isPress: true,
    locale: 'en',
    signal: new AbortController().signal,
    openImage: async () => null,
    ...(maxCredits !== null && { maxCredits }),
  });
  const startedBy = async (answer: ActionAnswer): Promise<RunView> => {
    const view = answer.kind === 'run' ? await loadRun(database.db, answer.runId) : null;
    if (!view) throw new Error(`no run, but ${JSON.stringify(answer)}`);
    return view;
  };
  const imageRun = async () =>
    await delivered(program, await submitted(program, { workspace, workflow: 'image', prompt: 'a fox' }));
  return { database, workspace, program, requestOf, startedBy, imageRun };
}

test('an image becomes a film of a size and a length that the video model makes, at the price on the button', async () => {
  const it = await opened({ video: { durations: [6], resolutions: ['720p'] } });
  const { program, requestOf, startedBy } = it;
  const image = await it.imageRun();
  // The run itself knows nothing of the video model: its options are the product's defaults.
  expect(image.run.options).toMatchObject({ resolution: '1080p', duration: 8 });
  const varied = await startedBy(
    await performAction(requestOf(null), 'vary', { id: image.run.id, step: image.steps.at(-1)?.number ?? null }),
  );
  for (const view of [image, await delivered(program, varied.run.id)]) {
    const prices = await nextPrices(program.services, view);
    // 6 s in 720p cost the row of 8 s, and sound a fifth more. The changed image costs 5.
    expect(prices).toMatchObject({ animate: 12, changeFilm: 17 });
    const step = view.steps.at(-1)?.number ?? null;
    const film = await startedBy(await performAction(requestOf(prices.animate), 'animate', { id: view.run.id, step }));
    expect(film.run).toMatchObject({ priceCredits: 12, options: { resolution: '720p', duration: 6 } });
    const planned = await planChange(program.services, view, 'changeFilm', 0);
    expect(planned.outcome).toBe('planned');
    const changed = await startedBy(
      await changeRun(requestOf(prices.changeFilm), view, step, { words: 'in the rain', motion: 'it runs' }),
    );
    expect(changed.run).toMatchObject({ priceCredits: 17, options: { resolution: '720p', duration: 6 } });
  }
});

test('a length that the model makes at this size alone is kept', async () => {
  const { database, workspace, program, requestOf, startedBy, imageRun } = await opened({
    video: { extension: { seconds: [3], maxSeconds: 20, resolutions: ['720p'] }, durations: [4] },
  });
  const defaults = { resolution: '720p', duration: 7 } as const;
  await saveSettings(database.db, workspace.id, workspaceSettings.parse({ defaults }));
  const view = await imageRun();
  const { animate } = await nextPrices(program.services, view);
  const step = view.steps.at(-1)?.number ?? null;
  const film = await startedBy(await performAction(requestOf(animate), 'animate', { id: view.run.id, step }));
  expect(film.run).toMatchObject({ priceCredits: animate, options: defaults });
});
