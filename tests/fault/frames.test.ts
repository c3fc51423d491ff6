import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { performAction, submitWords } from '../../src/bots/actions/perform.ts';
import type { Action } from '../../src/bots/card.ts';
import type { CommandRequest } from '../../src/bots/commands/request.ts';
import { runCard } from '../../src/bots/runCard.ts';
import { textOf } from '../../src/bots/text.ts';
import { accountOf } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { loadRun, markDeleted, type RunView, requestCancel } from '../../src/db/runs.ts';
import { runs } from '../../src/db/schema.ts';
import { withdrawRun } from '../../src/db/turns.ts';
import type { Member, RunId } from '../../src/domain.ts';
import { resultsOf } from '../../src/pipeline/graph.ts';
import { progressOf } from '../../src/pipeline/progress.ts';
import { ProviderError } from '../../src/pipeline/providers/provider.ts';
import { nextPrices } from '../../src/pipeline/quote.ts';
import type { Program } from '../../src/program.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';
import { readJournal, submitsByNumber, type VendorBehaviour } from '../support/studio.ts';

const ada: Member = { id: 'ada', name: 'Ada', isAdmin: false };
const bob: Member = { id: 'bob', name: 'Bob', isAdmin: true };
/** Without sound, no ffmpeg has to join it. */
const silent = { audio: false } as const;

async function opened(vendor: VendorBehaviour = {}) {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 500);
  const installation = await createInstallation(database);
  const program = await installation.open({ worker: true, vendor });
  const requestOf = (member: Member, requestKey: string = randomUUID()): CommandRequest => ({
    services: program.services,
    workspace,
    member,
    requestKey,
    conversation: {},
    isPress: true,
    locale: 'en',
    signal: new AbortController().signal,
    openImage: async () => null,
  });
  const press = (member: Member, action: Action, subject: { id: RunId; step: number | null }, key?: string) =>
    performAction(requestOf(member, key), action, subject);
  const frames = async (options: object = {}) =>
    await delivered(program, await submitted(program, { workspace, options: { frames: 4, ...silent, ...options } }));
  const count = async () => await database.db.$count(runs);
  return { database, workspace, installation, program, requestOf, press, frames, count };
}

const startedBy = (answer: Awaited<ReturnType<typeof performAction>>): RunId => {
  if (answer.kind !== 'run') throw new Error(`no run, but ${JSON.stringify(answer)}`);
  return answer.runId;
};

async function buttonsOf(program: Program, view: RunView) {
  const prices = await nextPrices(program.services, view);
  return runCard(view, progressOf(view, program.services.now()), textOf('en'), { prices }).buttons;
}

test('four frames, one of them refused: three are offered with their price, one is released, and nothing is held for a video', async () => {
  const refusing = () => new ProviderError('refused', 'no foxes', { nothingGenerated: true });
  const { database, workspace, program, frames, press } = await opened({ failingSteps: { 4: refusing } });
  const view = await frames();
  expect(view.run).toMatchObject({ priceCredits: 1 + 4 * 5, capturedCredits: 1 + 3 * 5, releasedCredits: 5 });
  expect(view.steps.map(({ kind }) => kind)).toEqual(['enhance', 'image', 'image', 'image', 'image']);
  const buttons = await buttonsOf(program, view);
  const choices = buttons.filter(({ place }) => place === 'choice');
  expect(choices.map(({ label, step, credits }) => [label, step, credits])).toEqual([
    ['1 · 15 credits', 2, 15],
    ['2 · 15 credits', 3, 15],
    ['4 · 15 credits', 5, 15],
  ]);
  expect(buttons.filter(({ place }) => place === undefined).length).toBeLessThanOrEqual(5);
  expect(await accountOf(database.db, workspace.id)).toMatchObject({ balance: 500 - 16, held: 0 });
  expect(await press(ada, 'animate', { id: view.run.id, step: 4 })).toMatchObject({
    refusal: { reason: 'nothing_to_animate' },
  });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a press is the approval: again within a minute it is the same press, another number or another member makes another video', async () => {
  const { database, program, frames, press, count, installation } = await opened();
  const view = await frames();
  const { id } = view.run;
  // Presses at the same instant, each delivered with a key of its own.
  const answers = await Promise.all(Array.from({ length: 6 }, () => press(ada, 'animate', { id, step: 3 })));
  const first = startedBy(answers[0] ?? { kind: 'refusal', refusal: { reason: 'nothing_to_animate' } });
  expect(new Set(answers.map(startedBy))).toEqual(new Set([first]));
  expect(answers.filter((answer) => answer.kind === 'run' && answer.started !== null)).toHaveLength(1);
  expect(await count()).toBe(2);

  const others = [
    startedBy(await press(ada, 'animate', { id, step: 4 })),
    startedBy(await press(bob, 'animate', { id, step: 3 })),
  ];
  expect(new Set([first, ...others]).size).toBe(3);
  const whole = await delivered(program, first);
  expect(whole.run).toMatchObject({
    workflow: 'video',
    state: 'succeeded',
    parentId: id,
    parentStep: 3,
    priceCredits: 15,
    prompt: view.steps[0]?.enhanced?.motion,
  });
  for (const one of others) await delivered(program, one);

  // After a minute the same press means another video.
  await database.db.execute(sql`UPDATE runs SET created_at = created_at - interval '61 seconds'`);
  const later = startedBy(await press(ada, 'animate', { id, step: 3 }));
  expect(later).not.toBe(first);
  await delivered(program, later);
  expect(submitsByNumber(installation.journal, later)).toEqual({ 1: 1 });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a press counts anew if its run was canceled, or was taken back because nobody could be told of it', async () => {
  const { database, program, frames, requestOf, press } = await opened();
  const { id } = (await frames()).run;
  const subject = { id, step: 3 };
  const late = () => performAction({ ...requestOf(ada), waitsForAnswerMs: 3_600_000 }, 'animate', subject);
  const first = startedBy(await late());
  expect(startedBy(await late())).toBe(first);
  expect(await withdrawRun(database.db, first)).toBe(true);
  const second = startedBy(await late());
  expect(second).not.toBe(first);
  await requestCancel(database.db, second);
  program.services.wake();
  await delivered(program, second);
  const third = startedBy(await press(ada, 'animate', subject));
  expect([first, second]).not.toContain(third);
  expect((await delivered(program, third)).run.state).toBe('succeeded');
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a press counts anew if its run has failed, and two presses at once are still one run', async () => {
  const refusing = () => new ProviderError('refused', 'no foxes', { nothingGenerated: true });
  const { database, program, frames, requestOf, press } = await opened({ failing: { video: refusing } });
  const subject = { id: (await frames()).run.id, step: 3 };
  const failed = startedBy(await press(ada, 'animate', subject));
  expect((await delivered(program, failed)).run).toMatchObject({ state: 'failed', capturedCredits: 0 });
  // Their run does not begin, so it cannot fail in between.
  const late = () => performAction({ ...requestOf(ada), waitsForAnswerMs: 3_600_000 }, 'animate', subject);
  const [next, same] = (await Promise.all([late(), late()])).map(startedBy);
  if (next === undefined) throw new Error('no run');
  expect(next).not.toBe(failed);
  expect(same).toBe(next);
  expect(await withdrawRun(database.db, next)).toBe(true);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('nothing is made of a result that reached nobody and was refunded', async () => {
  const { database, workspace, program, requestOf, press, frames } = await opened({ video: { lastFrame: [8] } });
  const film = await delivered(program, await submitted(program, { workspace, options: silent }));
  const { id } = film.run;
  const subject = { id, step: null };
  const refund = async (numbers: readonly number[]) => {
    await database.db.execute(sql`UPDATE runs SET unreached_steps = ${`{${numbers.join()}}`}::int[] WHERE id = ${id}`);
    const view = await loadRun(database.db, id);
    if (!view) throw new Error('the run is gone');
    return (await buttonsOf(program, view)).map(({ action }) => action);
  };
  const of = async (action: Action) => {
    const isAsking = action === 'lastFrame' || action === 'ending' || action === 'change';
    const answer = isAsking
      ? await submitWords(requestOf(ada), action, subject, 'the fox sleeps')
      : await press(ada, action, subject);
    if (answer.kind === 'run') await delivered(program, answer.runId);
    return answer.kind;
  };
  expect(await refund([2, 3])).toEqual(['again', 'edit', 'delete']);
  for (const action of ['animate', 'vary', 'better', 'change', 'lastFrame', 'ending', 'extend'] as const) {
    expect([action, await of(action)]).toEqual([action, 'refusal']);
  }
  // The film alone was received.
  expect(await refund([2])).toEqual(expect.arrayContaining(['extend', 'lastFrame']));
  expect([await of('change'), await of('ending'), await of('lastFrame')]).toEqual(['refusal', 'refusal', 'run']);

  const four = await frames();
  await database.db.execute(sql`UPDATE runs SET unreached_steps = '{3}' WHERE id = ${four.run.id}`);
  expect((await press(ada, 'animate', { id: four.run.id, step: 3 })).kind).toBe('refusal');
  await delivered(program, startedBy(await press(ada, 'animate', { id: four.run.id, step: 4 })));
});

test('a redelivered press is one run, however late it comes', async () => {
  const { database, program, frames, press, count } = await opened();
  const { id } = (await frames()).run;
  const first = startedBy(await press(ada, 'animate', { id, step: 2 }, 'press-1'));
  await delivered(program, first);
  await database.db.execute(sql`UPDATE runs SET created_at = created_at - interval '1 hour'`);
  expect(await press(ada, 'animate', { id, step: 2 }, 'press-1')).toMatchObject({ runId: first, started: null });
  expect(await count()).toBe(2);
});

test('an image is varied, made better and changed by runs that know their parent, and each is asked of the vendor as what it is', async () => {
  const { program, frames, press, requestOf, installation } = await opened();
  const view = await frames({ quality: 'standard' });
  const { id } = view.run;
  const sent = (run: RunId) =>
    readJournal(installation.journal).flatMap(({ call, runId, edits, prompt }) =>
      call === 'submit' && runId === run ? [[edits, prompt]] : [],
    );

  const varied = await delivered(program, startedBy(await press(ada, 'vary', { id, step: 3 })));
  expect(varied.run).toMatchObject({ parentId: id, parentStep: 3, priceCredits: 4 * 3, state: 'succeeded' });
  expect(sent(varied.run.id)).toEqual(Array.from({ length: 4 }, () => ['vary', 'a fox in the snow']));

  const better = await delivered(program, startedBy(await press(ada, 'better', { id, step: 5 })));
  expect(better.run).toMatchObject({ parentStep: 5, priceCredits: 5, state: 'succeeded' });
  expect(better.run.options.quality).toBe('hd');
  expect(sent(better.run.id)).toEqual([['better', 'a fox in the snow']]);

  const ask = await press(ada, 'change', { id: better.run.id, step: 1 });
  expect(ask).toMatchObject({ kind: 'ask', action: 'change', priceCredits: 5, words: '' });
  const subject = { id: better.run.id, step: 1 };
  const changed = await submitWords(requestOf(ada), 'change', subject, 'make it night');
  const night = await delivered(program, startedBy(changed));
  expect(night.run).toMatchObject({ workflow: 'edit', parentId: better.run.id, parentStep: 1, priceCredits: 5 });
  expect(sent(night.run.id)).toEqual([['change', 'make it night']]);

  // A result that was changed can be animated like any other.
  const film = await delivered(program, startedBy(await press(ada, 'animate', { id: night.run.id, step: null })));
  expect(film.run).toMatchObject({ workflow: 'video', parentId: night.run.id, state: 'succeeded' });
  const motion = await submitWords(requestOf(ada), 'reanimate', { id: film.run.id, step: null }, 'slower');
  const slower = await delivered(program, startedBy(motion));
  expect(slower.run).toMatchObject({ workflow: 'video', prompt: 'slower', parentId: film.run.id, state: 'succeeded' });
  const onward = await submitWords(requestOf(ada), 'lastFrame', { id: film.run.id, step: null }, 'it runs away');
  const next = await delivered(program, startedBy(onward));
  expect(next.run).toMatchObject({ workflow: 'video', prompt: 'it runs away', parentId: film.run.id });
});

test('a film gets another ending between its first frame and a changed last one, in the nearest length that the model can do', async () => {
  const { database, program, frames, press, requestOf, installation } = await opened({ video: { lastFrame: [3, 5] } });
  const view = await frames({ duration: 8 });
  const film = await delivered(program, startedBy(await press(ada, 'animate', { id: view.run.id, step: 2 })));
  const subject = { id: film.run.id, step: null };
  // 5 credits for the changed frame, and 12 for five silent seconds at 1080p.
  expect(await press(ada, 'ending', subject)).toMatchObject({ kind: 'ask', priceCredits: 5 + 12 });
  const answer = await submitWords({ ...requestOf(ada), maxCredits: 17 }, 'ending', subject, 'it looks up');
  const ended = await delivered(program, startedBy(answer));
  expect(ended.run).toMatchObject({ workflow: 'edit', state: 'succeeded', capturedCredits: 17, parentId: film.run.id });
  expect(ended.steps.map(({ kind, inputs, seconds, provider }) => [kind, inputs, seconds, provider])).toEqual([
    ['image', [], null, 'vidgenie'],
    ['image', [], null, 'vendor'],
    ['video', [1, 2], 5, 'vendor'],
  ]);
  expect(submitsByNumber(installation.journal, ended.run.id)).toEqual({ 2: 1, 3: 1 });
  // Both frames are in the film, so it is the only result.
  expect(resultsOf(ended).map(({ asset }) => asset.kind)).toEqual(['video']);
  expect((await buttonsOf(program, ended)).map(({ action }) => action)).not.toContain('again');
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('what nobody can be sure of costs nothing: a price that has risen, a deleted parent, and words that are none', async () => {
  const { database, program, frames, press, requestOf, count } = await opened();
  const view = await frames();
  const { id } = view.run;
  const cheap = { ...requestOf(ada), maxCredits: 14 };
  expect(await performAction(cheap, 'animate', { id, step: 3 })).toMatchObject({
    refusal: { reason: 'costs_more', priceCredits: 15, told: 14, button: { action: 'animate', step: 3 } },
  });
  for (const words of ['', ' \n ', 'a'.repeat(4_001)]) {
    expect((await submitWords(requestOf(ada), 'change', { id, step: 3 }, words)).kind).toBe('refusal');
  }
  expect(await markDeleted(database.db, id)).toBe('deleted');
  for (const action of ['animate', 'vary', 'better', 'lastFrame', 'change', 'remix', 'reanimate', 'ending'] as const) {
    const answer = await press(ada, action, { id, step: 3 });
    if (answer.kind === 'ask') {
      expect(await submitWords(requestOf(ada), answer.action, { id, step: 3 }, 'words')).toMatchObject({
        refusal: { reason: 'run_deleted' },
      });
    } else expect(answer, action).toMatchObject({ refusal: { reason: 'run_deleted' } });
  }
  expect(await count()).toBe(1);
  expect(await loadRun(program.services.db, id)).toMatchObject({ run: { capturedCredits: 21 } });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
