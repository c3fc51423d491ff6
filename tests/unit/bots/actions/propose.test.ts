import { expect, test } from 'vitest';
import { extendRun } from '../../../../src/bots/actions/extend.ts';
import { propose, startProposal } from '../../../../src/bots/actions/propose.ts';
import { deleteRun } from '../../../../src/bots/actions/remove.ts';
import type { Button, Card } from '../../../../src/bots/card.ts';
import type { Answer, CommandRequest } from '../../../../src/bots/commands/request.ts';
import { refusalCard } from '../../../../src/bots/refusalCard.ts';
import { textOf } from '../../../../src/bots/text.ts';
import { accountOf } from '../../../../src/db/credits.ts';
import { checkInvariants } from '../../../../src/db/invariants.ts';
import { findProposal } from '../../../../src/db/proposals.ts';
import { purgeWorkspace } from '../../../../src/db/purge.ts';
import { loadRun, type RunView } from '../../../../src/db/runs.ts';
import { castEntries } from '../../../../src/db/schema.ts';
import { withdrawRun } from '../../../../src/db/turns.ts';
import { saveSettings, type Workspace, workspaceSettings } from '../../../../src/db/workspaces.ts';
import { type Member, maxPromptLength, runId } from '../../../../src/domain.ts';
import type { Program } from '../../../../src/program.ts';
import { createTestDatabase, createWorkspace } from '../../../support/database.ts';
import { allDelivered, createInstallation, delivered, type Installation, submitted } from '../../../support/program.ts';
import { readJournal } from '../../../support/studio.ts';

const ada: Member = { id: 'ada', name: 'Ada', isAdmin: false };
const ida: Member = { id: 'ida', name: 'Ida', isAdmin: true };
const bob: Member = { id: 'bob', name: 'Bob', isAdmin: false };

type Opened = { program: Program; workspace: Workspace };

async function opened(): Promise<Opened & { installation: Installation }> {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const program = await installation.open({ worker: true, vendor: { video: { lastFrame: [8] } } });
  return { program, installation, workspace: await createWorkspace(database, 1_000) };
}

const requestOf = ({ program, workspace }: Opened, member: Member = ada): CommandRequest => ({
  services: program.services,
  workspace,
  member,
  requestKey: crypto.randomUUID(),
  conversation: {},
  locale: 'en',
  openImage: async () => null,
  signal: new AbortController().signal,
});

/** The button of a proposal, as a platform gets it back. */
type Start = Button & { proposal: string; credits: number };

function startOf(card: Card): Start {
  const button = card.buttons.find(({ action }) => action === 'start');
  if (button?.proposal === undefined || button.credits === undefined) throw new Error('the card starts nothing');
  return { ...button, proposal: button.proposal, credits: button.credits };
}

async function proposed(
  world: Opened,
  view: RunView,
  words: string,
  member = ada,
): Promise<{ card: Card; start: Start }> {
  const answer = await propose(requestOf(world, member), view, words);
  if (answer.kind !== 'card') throw new Error(`expected a proposal, not ${JSON.stringify(answer)}`);
  return { card: answer.card, start: startOf(answer.card) };
}

const press = (world: Opened, { proposal, credits }: Start, member = ada): Promise<Answer> =>
  startProposal({ ...requestOf(world, member), maxCredits: credits }, proposal);

async function made(world: Opened, answer: Answer): Promise<RunView> {
  if (answer.kind !== 'run') throw new Error(`expected a run, not ${JSON.stringify(answer)}`);
  return await delivered(world.program, answer.runId);
}

test('free words become a run that does what the card said, at the price of its button, and spend nothing before', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const balance = async () => (await accountOf(program.database.db, workspace.id)).balance;
  const four = await delivered(program, await submitted(program, { workspace, options: { frames: 4 } }));
  const before = await balance();

  const night = await proposed(world, four, 'the second one, but at night');
  expect(night.card.title).toBe('Change the image: at night');
  expect(JSON.stringify(night.card.blocks)).toContain('2 of 4');
  expect(await balance()).toBe(before);
  const changed = await made(world, await press(world, night.start));
  expect(await balance()).toBe(before - night.start.credits);
  const second = four.steps.find(({ variant }) => variant === 2)?.number;
  expect(changed.run).toMatchObject({
    workflow: 'edit',
    prompt: 'at night',
    parentId: four.run.id,
    parentStep: second,
  });
  // Whoever animates it gets the motion of the image before.
  expect(changed.run.options).toMatchObject({ change: 'picture', motion: 'slowly towards a fox in the snow' });

  const animate = await proposed(world, changed, 'animate it');
  expect(animate.card.title).toBe('Animate the image');
  const film = await made(world, await press(world, animate.start));
  expect(film.run).toMatchObject({ workflow: 'video', prompt: 'slowly towards a fox in the snow' });

  const slower = await made(world, await press(world, (await proposed(world, film, 'slower')).start));
  expect(slower.run).toMatchObject({ workflow: 'video', prompt: 'slowly towards a fox in the snow; slower' });
  const red = await proposed(world, film, 'make it red');
  expect(JSON.stringify(red.card.blocks)).toContain('you can then animate it');
  expect((await made(world, await press(world, red.start))).run.options.change).toBe('picture');
  const both = await made(world, await press(world, (await proposed(world, film, 'make it red, zoom out')).start));
  expect(both.run).toMatchObject({ workflow: 'edit', prompt: 'make it red' });
  expect(both.run.options).toMatchObject({
    change: 'film',
    motion: 'slowly towards a fox in the snow; zoom out',
  });
  await allDelivered(program);
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
});

test('another ending is proposed where the model can, and a longer film with the button below the result', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const film = await delivered(program, await submitted(program, { workspace }));
  const ending = await proposed(world, film, 'let it end with the fox looking up');
  expect(ending.card.title).toBe('New ending: let it end with the fox looking up');
  const ended = await made(world, await press(world, ending.start));
  expect(ended.run).toMatchObject({
    workflow: 'edit',
    prompt: 'let it end with the fox looking up',
    state: 'succeeded',
  });
  expect(ended.run.options.change).toBe('ending');

  const longer = await propose(requestOf(world), film, 'make it longer');
  expect(longer).toMatchObject({ kind: 'card', card: { buttons: [{ action: 'extend', runId: film.run.id }] } });

  const without = { ...world, program: await world.installation.open({ worker: false }) };
  const motion = await proposed(without, film, 'let it end with the fox looking up');
  expect(motion.card.title).toBe('New motion: let it end with the fox looking up');
});

test('however often words are delivered, and however often and by whomever their button is pressed, it is one run', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const view = await delivered(program, await submitted(program, { workspace, workflow: 'image' }));
  const request = requestOf(world);
  const cards = await Promise.all([propose(request, view, 'at night'), propose(request, view, 'at night')]);
  const starts = cards.flatMap((answer) => (answer.kind === 'card' ? [startOf(answer.card)] : []));
  const [start] = starts;
  if (!start) throw new Error('expected a card');
  expect(starts).toEqual([start, start]);
  // The same words, said once more, are another wish.
  expect((await proposed(world, view, 'at night')).start.proposal).not.toBe(start.proposal);
  const answers = await Promise.all([ada, ida, ada, ida].map((member) => press(world, start, member)));
  const runs = answers.flatMap((answer) => (answer.kind === 'run' ? [answer] : []));
  expect(runs).toHaveLength(4);
  expect(new Set(runs.map((answer) => answer.runId)).size).toBe(1);
  expect(runs.filter(({ started }) => started !== null)).toHaveLength(1);

  // A press counts even if the image is gone by then, and the command of another press still finds its run.
  await delivered(program, runId.parse(runs[0]?.runId));
  const [first] = runs;
  await program.services.store.remove(view.assets.find(({ kind }) => kind === 'image')?.objectKey ?? '');
  expect(await press(world, start)).toMatchObject({ kind: 'run', runId: first?.runId, started: null });
});

test('a press whose run was taken back, because nobody could be told of it, has not used up its proposal', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const view = await delivered(program, await submitted(program, { workspace, workflow: 'image' }));
  const { start } = await proposed(world, view, 'make it night');
  const late = { ...requestOf(world), waitsForAnswerMs: 3_600_000, maxCredits: start.credits };
  const first = await startProposal(late, start.proposal);
  if (first.kind !== 'run') throw new Error('expected a run');
  expect(await withdrawRun(program.database.db, first.runId)).toBe(true);
  const second = await press(world, start);
  expect(second).toMatchObject({ kind: 'run', started: { priceCredits: start.credits } });
  expect((await made(world, second)).run.state).toBe('succeeded');
  expect(await press(world, start, ida)).toMatchObject({ kind: 'run', started: null });
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
});

test('a press whose process died after the run was written finds that run', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const view = await delivered(program, await submitted(program, { workspace, workflow: 'image' }));
  const { start } = await proposed(world, view, 'make it night');
  const dying = await world.installation.open({
    worker: false,
    reachFailpoint: (failpoint) => {
      if (failpoint === 'run_inserted') throw new Error('killed');
    },
  });
  await expect(press({ ...world, program: dying }, start)).rejects.toThrow('killed');
  expect(await press(world, start, ida)).toMatchObject({ kind: 'run', started: null });
  await allDelivered(program);
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
});

test('a price that has risen is told first, with a button that carries out the same proposal', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const view = await delivered(program, await submitted(program, { workspace }));
  const { start } = await proposed(world, view, 'make it night, slower');
  const dearer = await startProposal({ ...requestOf(world), maxCredits: start.credits - 1 }, start.proposal);
  if (dearer.kind !== 'refusal') throw new Error('expected a refusal');
  expect(dearer.refusal).toMatchObject({ reason: 'costs_more', priceCredits: start.credits });
  const renewed = startOf(refusalCard(dearer.refusal, textOf('en')));
  expect(renewed).toMatchObject({ proposal: start.proposal, credits: start.credits, label: start.label });
  const run = await made(world, await press(world, renewed));
  expect(run.run.options).toMatchObject({ change: 'film', motion: 'slowly towards a fox in the snow; slower' });
});

test('nobody starts or learns of a proposal of another workspace, and no member one about a run that they may not see', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const view = await delivered(program, await submitted(program, { workspace, workflow: 'image' }));
  const { start } = await proposed(world, view, 'make it night');
  const other = { program, workspace: await createWorkspace(program.database, 1_000, 'terminal:other') };
  const none = { kind: 'refusal', refusal: { reason: 'no_such_proposal' } };
  expect(await press(other, start)).toEqual(none);
  expect(await press(other, start, ida)).toEqual(none);
  for (const forged of ['', 'x', "' OR 1=1", crypto.randomUUID(), `${start.proposal} `]) {
    expect(await press(world, { ...start, proposal: forged })).toEqual(none);
  }
  expect(await press(world, start, bob)).toMatchObject({ refusal: { reason: 'no_such_run' } });
  expect(await propose(requestOf(world, bob), view, 'at night')).toMatchObject({ refusal: { reason: 'no_such_run' } });
  expect(await propose(requestOf(other, ida), view, 'at night')).toMatchObject({ refusal: { reason: 'no_such_run' } });
  // Whoever presses a button below a message sees the message.
  expect(await press(world, start, ida)).toMatchObject({ kind: 'run' });
});

test('a deleted or purged run keeps no words about it, and a proposal of it starts nothing', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const { db } = program.database;
  const view = await delivered(program, await submitted(program, { workspace, workflow: 'image' }));
  const { start } = await proposed(world, view, 'make it night');
  expect(await findProposal(db, workspace.id, start.proposal)).toMatchObject({ words: 'make it night' });
  await deleteRun(requestOf(world), view);
  expect(await findProposal(db, workspace.id, start.proposal)).toBeNull();
  expect(await press(world, start)).toMatchObject({ refusal: { reason: 'no_such_proposal' } });
  // Somebody who had looked at the run before it was deleted leaves no words either.
  const stale = await proposed(world, view, 'make it dusk');
  expect(await findProposal(db, workspace.id, stale.start.proposal)).toBeNull();
  expect(await press(world, stale.start)).toMatchObject({ refusal: { reason: 'no_such_proposal' } });
  const gone = await loadRun(db, view.run.id);
  if (!gone) throw new Error('the run is gone');
  expect(await propose(requestOf(world), gone, 'at night')).toMatchObject({ refusal: { reason: 'run_deleted' } });

  const kept = await delivered(program, await submitted(program, { workspace, workflow: 'image' }));
  const other = await proposed(world, kept, 'make it dawn');
  const film = await proposed(world, kept, 'make it dawn, zoom out towards Ada');
  const filmed = await made(world, await press(world, film.start));
  expect(JSON.stringify(filmed.run)).toContain('towards Ada');
  await allDelivered(program);
  expect(await purgeWorkspace(db, workspace.id)).toMatchObject({ outcome: 'purged' });
  expect(await findProposal(db, workspace.id, other.start.proposal)).toBeNull();
  expect(JSON.stringify(await loadRun(db, filmed.run.id))).not.toContain('towards Ada');
});

test('words that cannot be carried out are refused before a card', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const four = await delivered(program, await submitted(program, { workspace, options: { frames: 4 } }));
  const say = (words: string) => propose(requestOf(world), four, words);
  expect(await say(' \u200b ')).toMatchObject({ refusal: { reason: 'missing' } });
  expect(await say('x'.repeat(maxPromptLength + 1))).toMatchObject({ refusal: { reason: 'too_long' } });
  expect(await say('image 7 at night')).toMatchObject({
    refusal: { reason: 'no_such_image', given: 7, allowed: [1, 2, 3, 4] },
  });
  expect(await say('with @rex')).toMatchObject({ refusal: { reason: 'not_in_cast', name: 'rex' } });
  await saveSettings(program.database.db, workspace.id, { ...workspaceSettings.parse({}), blockedWords: ['blood'] });
  expect(await say('slower, with BLÓOD')).toMatchObject({ refusal: { reason: 'blocked', word: 'blood' } });
  // The words about the motion are looked at once more when it starts.
  await saveSettings(program.database.db, workspace.id, workspaceSettings.parse({}));
  const { start } = await proposed(world, four, 'make it night, slower and bloody');
  await saveSettings(program.database.db, workspace.id, { ...workspaceSettings.parse({}), blockedWords: ['bloody'] });
  expect(await press(world, start)).toMatchObject({ refusal: { reason: 'blocked', word: 'bloody' } });
});

test('a longer film goes on with the motion that it was made with, whatever was said before that was written', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const seeing = await world.installation.open({ worker: true, vendor: { enhance: { references: 1 } } });
  await program.stop();
  const now = { ...world, program: seeing };
  const image = await delivered(seeing, await submitted(seeing, { workspace, workflow: 'image' }));
  const { start } = await proposed(now, image, 'make it night, zoom out');
  const film = await made(now, await press(now, start));
  const written = film.steps.findLast(({ kind }) => kind === 'enhance')?.enhanced?.motion;
  expect(film.run.options.motion).not.toBe(written);
  const longer = await made(now, await extendRun(requestOf(now), film));
  expect(longer.run).toMatchObject({ workflow: 'extend', prompt: written, options: { motion: null } });
  const asked = readJournal(world.installation.journal).filter((line) => line.runId === longer.run.id && line.prompt);
  expect(asked.map(({ prompt }) => prompt)).toEqual([written]);
});

test('words that name the cast are refused before a card if its button could only be refused', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const image = {
    objectKey: 'cast/fox.png',
    mime: 'image/png',
    width: 64,
    height: 36,
    bytes: 1,
    sha256: '0'.repeat(64),
  };
  const entry = { workspaceId: workspace.id, kind: 'character', description: '' } as const;
  const by = { addedBy: ada.id, addedByName: ada.name };
  const added = ['fox', 'hen'].map((name) => ({ ...entry, ...by, name, images: [image] }));
  await program.database.db.insert(castEntries).values(added);
  const view = await delivered(program, await submitted(program, { workspace }));
  const say = (words: string) => propose(requestOf(world), view, words);
  // No model takes pictures of the cast beside the first frame of a video.
  for (const words of ['the camera follows @fox', 'make it night, and let @fox walk slowly']) {
    expect(await say(words)).toMatchObject({ refusal: { reason: 'no_cast_in_video' } });
  }
  expect(await say('add @fox')).toMatchObject({ kind: 'card' });
  expect(await say('add @fox beside @hen')).toMatchObject({
    refusal: { reason: 'too_many_references', needed: 3, max: 2 },
  });
});

test('the image of a film that was made longer is that of the run before', async () => {
  const world = await opened();
  const { program, workspace } = world;
  const film = await delivered(program, await submitted(program, { workspace, options: { duration: 3 } }));
  const longer = await made(world, await extendRun(requestOf(world), film));
  expect(longer.run.workflow).toBe('extend');
  const { start } = await proposed(world, longer, 'make it night');
  const changed = await made(world, await press(world, start));
  expect(changed.run).toMatchObject({ workflow: 'edit', parentId: film.run.id });
});
