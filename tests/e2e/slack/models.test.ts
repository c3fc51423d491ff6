import { expect, test } from 'vitest';
import { listRuns } from '../../../src/db/runs.ts';
import { workspaces } from '../../../src/db/schema.ts';
import { settingsOf } from '../../../src/db/workspaces.ts';
import { workspaceId } from '../../../src/domain.ts';
import type { Program } from '../../../src/program.ts';
import { delivered } from '../../support/program.ts';
import { startInSlack } from '../../support/slack/installed.ts';
import { modalShown, submission, wordsOf } from '../../support/slack/views.ts';

const aliases = { best: ['studio/other-image', 'studio/other-video'] };
/** The only workspace of the installation. */
async function workspaceIn({ services: { db } }: Program) {
  const [workspace] = await db.select({ id: workspaces.id }).from(workspaces);
  return workspaceId.parse(workspace?.id);
}

const opened = () => startInSlack({ vendor: { choice: { aliases } } });

test('the form lists the models with what each does and costs, says in their field what cannot be, and starts what is chosen', async () => {
  const { slack, driver, program } = await opened();
  await driver.command('');
  const form = await modalShown(slack, /^create$/);
  const shown = wordsOf(form);
  expect(shown).toContain('best · studio/other-image + studio/other-video · 25 credits');
  expect(shown).toContain('studio/other-video · 4–10 s · 720p–4K · 20 credits');
  const filled = {
    workflow: { choice: 'image' },
    prompt: { text: 'a red boat' },
    model: { ticks: ['studio/other-video'] },
    channel: { conversation: slack.channels.general },
  };
  const wrong = await driver.interact(submission(form, filled));
  expect(JSON.parse(wrong.body)).toEqual({
    response_action: 'errors',
    errors: { model: expect.stringMatching(/nothing to do here.*makes videos, and image needs none/) },
  });
  const chosen = { ...filled, model: { ticks: ['studio/other-image', 'best'] } };
  expect(await driver.interact(submission(form, chosen))).toMatchObject({ status: 200, body: '' });
  const root = await slack.calls.first(({ method }) => method === 'chat.postMessage', 'the root message');
  expect(wordsOf({ blocks: root.body.blocks })).toMatch(/studio\/other-image/);
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const [view] = await listRuns(program.services.db, await workspaceIn(program), { limit: 1 });
  expect(view?.run.options.models).toEqual(['studio/other-image', 'studio/other-video']);
  if (view) await delivered(program, view.run.id);
});

test('a typed command names a model, too, and a mistake is answered with what is meant', async () => {
  const { slack, driver, program } = await opened();
  const answerTo = async (line: string) => {
    const { key } = await driver.command(line);
    return (await driver.told.first((one) => one.key === key, `an answer to ${line}`)).text;
  };
  expect(await answerTo('image a boat --model studio/other-imge')).toMatch(/Did you mean studio\/other-image\?/);
  expect(await answerTo('help image')).toMatch(/Models:.*studio\/other-image.*image · 5 credits/s);
  await driver.command('image a boat --model other-image+BEST');
  await driver.command('image a boat --model BEST');
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const views = await listRuns(program.services.db, await workspaceIn(program), { limit: 5 });
  expect(views.map(({ run }) => run.options.models)).toEqual([['studio/other-image', 'studio/other-video']]);
});

test('the settings hold the models that serve without a wish and those that may be wished', async () => {
  const { slack, driver, program } = await opened();
  await driver.command('settings');
  const form = await modalShown(slack, /^form:settings$/);
  const save = (values: object) => driver.interact(submission(form, { ...values }));
  const wrong = await save({ model: { text: 'bset' }, allow: { text: '' } });
  expect(JSON.parse(wrong.body)).toEqual({
    response_action: 'errors',
    errors: { model: expect.stringMatching(/No model is called bset here.*Did you mean best\?/) },
  });
  const foreign = await save({ model: { text: '' }, allow: { text: 'painter' } });
  expect(JSON.parse(foreign.body)).toMatchObject({
    errors: { allow: expect.stringMatching(/No model is called painter/) },
  });
  const saved = await save({ model: { text: 'studio/other-video' }, allow: { text: 'best\nvendor-image' } });
  expect(saved.body).toMatch(/studio\/other-image, studio\/other-video, vendor-image/);
  expect(await settingsOf(program.services.db, await workspaceIn(program))).toMatchObject({
    defaults: { models: ['studio/other-video'] },
    allowedModels: ['studio/other-image', 'studio/other-video', 'vendor-image'],
  });
});
