import { expect, test } from 'vitest';
import type { Card } from '../../../../src/bots/card.ts';
import { perform } from '../../../../src/bots/commands/all.ts';
import { history } from '../../../../src/bots/commands/history.ts';
import { createRequest, workspace } from '../../../../src/bots/terminal/person.ts';
import { createSession } from '../../../../src/bots/terminal/session.ts';
import { accountOf } from '../../../../src/db/credits.ts';
import { listRuns } from '../../../../src/db/runs.ts';
import { createTestDatabase, createWorkspace } from '../../../support/database.ts';
import { createInstallation } from '../../../support/program.ts';
import type { VendorBehaviour } from '../../../support/studio.ts';

/** A person at a terminal who answers every question with `yes`, or a script, which is asked nothing. */
async function seated({ yes, vendor = {} }: { yes: boolean | null; vendor?: VendorBehaviour }) {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const { services } = await installation.open({ worker: true, vendor });
  await createWorkspace(database, 1_000, workspace.id);
  const { signal } = new AbortController();
  const cards: Card[] = [];
  const lines: string[] = [];
  const questions: string[] = [];
  const session = createSession({
    services,
    signal,
    onFault: (error) => lines.push(String(error)),
    stage: {
      card: (card) => void cards.push(card),
      accepted: () => {},
      changed: () => {},
      delivered: () => {},
      line: (line) => void lines.push(line),
      next: (next) => void lines.push(...next),
      form: yes === null ? null : async () => (yes ? { words: 'a red hat' } : null),
      confirm:
        yes === null
          ? null
          : async (question) => {
              questions.push(question);
              return yes;
            },
    },
  });
  const enter = async (line: string) => {
    await session.enter(line);
    await session.finished();
  };
  const newest = async () => {
    const [view] = await listRuns(database.db, workspace.id, { limit: 1 });
    if (!view) throw new Error('there is no run');
    return view;
  };
  const runs = async () => (await listRuns(database.db, workspace.id, { limit: 50 })).length;
  const balance = async () => (await accountOf(database.db, workspace.id)).balance;
  const last = () => cards.at(-1)?.title;
  return { services, signal, enter, newest, runs, balance, last, cards, lines, questions };
}

test('four images, the second, its video, "make it night", extend: each step says its price first, and costs no more', async () => {
  const person = await seated({ yes: true });
  const { enter, newest, balance, lines, questions } = person;
  await enter('complete a fox in the snow --frames 4');
  const four = (await newest()).run.id;
  expect(lines).toContain('Type 1, 2, 3 or 4 to make a video of that image, for 18 credits.');
  expect(lines.join('\n')).toContain('vary <image> (20 credits)');
  expect(await balance()).toBe(979);

  await enter('2');
  const video = await newest();
  const second = video.run.parentStep;
  expect(video.run).toMatchObject({ workflow: 'video', parentId: four, parentStep: 3 });
  expect(questions).toEqual([]);
  expect(await balance()).toBe(961);
  // The same number once more is the same press.
  await enter('2');
  expect((await newest()).run.id).toBe(video.run.id);
  await enter('3');
  expect((await newest()).run.parentStep).not.toBe(second);

  await enter(`show ${video.run.id.slice(0, 8)}`);
  await enter('make it night');
  expect(questions).toEqual(['Start it for 5 credits?']);
  const night = await newest();
  expect(night.run).toMatchObject({ workflow: 'edit', prompt: 'make it night', parentId: video.run.id });

  await enter('animate');
  await enter('extend');
  expect(questions.slice(1)).toEqual(['Start it for 18 credits?', 'Start it for 18 credits?']);
  expect((await newest()).run.workflow).toBe('extend');
  expect(await balance()).toBe(979 - 18 - 18 - 5 - 18 - 18);

  await enter(`change ${four.slice(0, 8)} 4`);
  const hat = await newest();
  expect(hat.run).toMatchObject({ workflow: 'edit', prompt: 'a red hat', parentStep: 5 });

  const told = await perform(createRequest(person.services, person.signal), history, {});
  const asides = JSON.stringify(told.kind === 'card' ? told.card.blocks : []);
  for (const version of [2, 3, 4, 5, 6, 7]) expect(asides).toContain(`v${version} of ${four.slice(0, 8)}, done`);
  await enter(`status ${night.run.id}`);
  const back = person.cards.at(-1)?.buttons.filter(({ action }) => action === 'show') ?? [];
  expect(back.map(({ label }) => label)).toContain('Back to version 2');
  expect(back.find(({ label }) => label === 'Back to version 2')?.runId).toBe(video.run.id);
  expect(back.map(({ runId }) => runId)).not.toContain(night.run.id);
});

test('nothing starts if the person declines, and words that are no command of ours start nothing by themselves', async () => {
  const { enter, runs, balance, last, lines } = await seated({ yes: false });
  await enter('make it night');
  expect(last()).toBe('There is no command "make"');
  await enter('complete a fox --frames 2');
  const before = await balance();
  for (const line of ['make it night', 'vary 2', 'remix a boat', 'change 1', 'better 1', 'again']) await enter(line);
  expect(lines.filter((line) => line === 'Nothing was started.').length).toBeGreaterThanOrEqual(5);
  for (const [line, title] of [
    ['vary', 'Which image?'],
    ['vary 9', 'There is no image 9'],
    ['animate 0000abcd 1', 'There is no run "0000abcd" here'],
    ['complte a fox', 'There is no command "complte"'],
    ['7', 'There is no command "7"'],
    ['/make it night', 'There is no command "/make"'],
    ['again slowly', 'again does not take "slowly"'],
    ['help vary', 'vary [run] [words]'],
  ] as const) {
    await enter(line);
    expect(last()).toBe(title);
  }
  expect(await runs()).toBe(1);
  expect(await balance()).toBe(before);
});

test('a script does every action without being asked, but its free words wait for "start"', async () => {
  const { enter, newest, runs, lines, last } = await seated({ yes: null });
  await enter('image a fox');
  await enter('make it night');
  expect(last()).toBe('Change the image: make it night');
  expect(lines).toContain('To start it, type: start');
  expect(await runs()).toBe(1);
  await enter('start');
  expect((await newest()).run.prompt).toBe('make it night');
  await enter('start');
  expect(await runs()).toBe(2);
  await enter('change face of the fox in blue');
  expect((await newest()).run.prompt).toBe('face of the fox in blue');
  await enter('change');
  expect(last()).toBe('What would you like to see?');
  const { id } = (await newest()).run;
  await enter('delete');
  expect(lines.at(-1)).toBe(`Nobody can be asked here. To delete it all the same: delete ${id.slice(0, 8)} --yes`);
  expect((await newest()).run.deletedAt).toBeNull();
  await enter(`delete ${id.slice(0, 8)} --yes`);
  expect(last()).toBe('Deleted');
  expect((await newest()).run.deletedAt).not.toBeNull();
});

test('a person is asked before the files of a run are deleted for good', async () => {
  for (const yes of [false, true]) {
    const { enter, newest, last, lines, questions } = await seated({ yes });
    await enter('image a fox');
    const { id } = (await newest()).run;
    await enter('delete the tree');
    expect(last()).toBe('delete does not take "the tree"');
    expect(questions).toEqual([]);
    await enter('delete');
    expect(questions).toEqual([`Delete the files of run ${id.slice(0, 8)} (a fox) for good?`]);
    expect((await newest()).run.deletedAt !== null).toBe(yes);
    if (yes) expect(last()).toBe('Deleted');
    else expect(lines.at(-1)).toBe('Nothing was deleted.');
  }
});

test('a typed model makes the run and what is made of it; settings and help know the models, too', async () => {
  const vendor = { choice: { aliases: { best: ['studio/other-image', 'studio/other-video'] } } };
  const { enter, newest, balance, cards } = await seated({ yes: null, vendor });
  const said = () => JSON.stringify(cards.at(-1));
  await enter('complete a fox --model best --resolution 4k');
  expect((await newest()).steps.map(({ model }) => model)).toEqual([
    'vendor-words',
    'studio/other-image',
    'studio/other-video',
  ]);
  expect(await balance()).toBe(1_000 - 42);
  await enter('extend');
  expect((await newest()).steps.map(({ model }) => model)).toEqual([
    'studio/other-video',
    'studio/other-video',
    'join',
  ]);
  await enter('image a fox --model=vendor-video');
  expect(said()).toContain('It works with complete, video or story.');
  await enter('settings --model studio/other-imag');
  expect(said()).toContain('Did you mean studio/other-image?');
  await enter('settings --model studio/other-image --allow studio/other-image,vendor-video');
  expect(said()).toContain('studio/other-image, vendor-video');
  await enter('image a boat');
  expect((await newest()).steps.map(({ model }) => model)).toEqual(['vendor-words', 'studio/other-image']);
  await enter('image a boat --model vendor-image');
  expect(said()).toContain('This workspace allows studio/other-image.');
  await enter('help video');
  expect(said()).toContain('vendor-video');
  expect(said()).not.toContain('studio/other-video');
});
