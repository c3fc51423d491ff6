import { readFile } from 'node:fs/promises';
import { eq } from 'drizzle-orm';
import { expect, inject, test } from 'vitest';
import { run, versions } from '../../../src/bots/web/contract/run.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { runs } from '../../../src/db/schema.ts';
import { runId } from '../../../src/domain.ts';
import { delivered, submitted } from '../../support/program.ts';
import { type Answered, openWebServer, type WebServer } from '../../support/web/server.ts';

async function opened() {
  const server = await openWebServer({ worker: true });
  const workspace = await server.workspace('mine', 500);
  return { server, workspace, token: await server.token(workspace, 'admin') };
}

const runIn = (answered: Answered) => run.parse(answered.json().run);

async function finished({ program }: WebServer, answered: Answered) {
  const { id } = runIn(answered);
  await delivered(program, runId.parse(id));
  return id;
}

test('of several frames, each is animated, varied, improved and changed by its number, for the price that the run tells; a second press is the first one', async () => {
  const { server, workspace, token } = await opened();
  const options = { frames: 3, quality: 'standard', duration: 3, resolution: '720p' } as const;
  const id = await submitted(server.program, { workspace, options });
  await delivered(server.program, id);
  const shown = run.parse((await server.ask('GET', `/api/workflows/${id}`, { token })).json());
  expect(shown.choices).toEqual([2, 3, 4]);
  expect(shown.actions).toEqual(
    expect.arrayContaining(['again', 'edit', 'animate', 'vary', 'better', 'change', 'remix']),
  );
  const act = (path: string, body?: object) =>
    server.ask('POST', `/api/workflows/${id}/${path}`, { token, ...(body && { body }) });
  for (const [path, price, words] of [
    ['animate', shown.prices?.animate, {}],
    ['vary', shown.prices?.vary, {}],
    ['better', shown.prices?.better, {}],
    ['change', shown.prices?.change, { prompt: 'make it night' }],
    ['remix', shown.prices?.remix, { prompt: 'a wolf' }],
  ] as const) {
    const dear = await act(`${path}?maxCredits=${(price ?? 0) - 1}`, { step: 3, ...words });
    expect([dear.status, dear.json()], path).toMatchObject([409, { reason: 'costs_more', credits: price }]);
    const made = runIn(await act(`${path}?maxCredits=${price}`, { step: 3, ...words }));
    expect(made, path).toMatchObject({ priceCredits: price, parentId: id, parentStep: 3 });
  }
  const first = runIn(await act('animate', { step: 2 }));
  // The same key of the request is not needed for that: it is the same member, the same image and the same minute.
  expect(runIn(await act('animate', { step: 2 })).id).toBe(first.id);
  expect(runIn(await act('animate', { step: 4 })).id).not.toBe(first.id);
  expect(await act('animate', { step: 9 })).toMatchObject({ status: 409 });
  expect((await act('change', { step: 2, prompt: ' ' })).json()).toMatchObject({ status: 400, reason: 'missing' });
  expect((await act('change', { step: 2 })).json()).toMatchObject({ status: 400, option: 'prompt' });
  expect((await act('animate', { step: 'two' })).json()).toMatchObject({ status: 400, option: 'step' });
  // Without a body it is the first image.
  expect(runIn(await act('vary'))).toMatchObject({ parentStep: 2, options: { change: 'vary', variants: 3 } });
  const { db } = server.program.services;
  const children = await db.select({ id: runs.id }).from(runs).where(eq(runs.parentId, id));
  for (const child of children) await delivered(server.program, child.id);
  expect(await checkInvariants(db, { atRest: true })).toEqual([]);
});

test('a press that came from a chat a moment ago is the same press on the page, although its request was another one', async () => {
  const { server, workspace, token } = await opened();
  const id = await submitted(server.program, { workspace, workflow: 'image' });
  await delivered(server.program, id);
  const animate = () => server.ask('POST', `/api/workflows/${id}/animate`, { token, body: {} });
  const first = runIn(await animate());
  const { db } = server.program.services;
  await db
    .update(runs)
    .set({ conversation: { channel: 'C1' } })
    .where(eq(runs.id, runId.parse(first.id)));
  const second = await animate();
  expect([second.status, runIn(second).id]).toEqual([202, first.id]);
});

test('an image is edited, and a run follows a reference, over the endpoint that starts all runs', async () => {
  const { server, token } = await opened();
  const bytes = await readFile(inject('vendorMedia').image);
  const image = `data:image/png;base64,${bytes.toString('base64')}`;
  const execute = (config: object) => server.ask('POST', '/api/workflow/execute', { token, body: { config } });
  const idOf = (answered: Answered) => String(answered.json().workflowId);
  const edited = await execute({ workflowType: 'edit', initialPrompt: 'make it night', customImage: image });
  expect([edited.status, edited.json()]).toMatchObject([202, { estimatedCost: 5 }]);
  const shown = await server.ask('GET', `/api/workflows/${idOf(edited)}`, { token });
  expect(shown.json()).toMatchObject({ workflow: 'edit', options: { change: 'picture' }, prompt: 'make it night' });
  expect((await execute({ workflowType: 'edit', initialPrompt: 'make it night' })).json()).toMatchObject({
    status: 400,
    option: 'image',
  });
  for (const workflowType of ['complete', 'image-only']) {
    const imageConfig = { frames: 2 };
    const made = await execute({ workflowType, initialPrompt: 'a fox', imageConfig, referenceImage: image });
    const view = await server.ask('GET', `/api/workflows/${idOf(made)}`, { token });
    expect(view.json()).toMatchObject({ media: [{ step: null, flagged: null }] });
  }
  expect(
    (await execute({ initialPrompt: 'a fox', referenceImage: 'https://example.com/fox.png' })).json(),
  ).toMatchObject({ status: 400, reason: 'only_data_url', option: 'referenceImage' });
  const quote = await server.ask('GET', '/api/quote?workflow=complete&frames=4&reference=true', { token });
  expect(quote.json()).toMatchObject({
    possible: true,
    options: { frames: 4 },
    steps: [{ kind: 'enhance' }, { kind: 'image' }],
  });
});

test('the versions of a picture are the same from each of them, and only those that the caller may see', async () => {
  const { server, workspace, token } = await opened();
  const member = await server.token(workspace, 'member');
  const ask = async (id: string, as = token) => {
    const answered = await server.ask('GET', `/api/workflows/${id}/versions`, { token: as });
    return answered.status === 200 ? versions.parse(answered.json()).versions : answered.status;
  };
  const id = await submitted(server.program, { workspace, workflow: 'image', options: { variants: 2 } });
  await delivered(server.program, id);
  const words = { step: 3, prompt: 'make it night' };
  const night = await finished(server, await server.ask('POST', `/api/workflows/${id}/change`, { token, body: words }));
  const film = await finished(server, await server.ask('POST', `/api/workflows/${night}/animate`, { token, body: {} }));
  const all = await ask(id);
  expect(all).toMatchObject([
    { number: 1, id, parentId: null, medium: { kind: 'image', step: 2 } },
    { number: 2, id: night, parentId: id, parentStep: 3, workflow: 'edit', prompt: 'make it night' },
    { number: 3, id: film, parentId: night, medium: { kind: 'video' } },
  ]);
  const ids = (found: Awaited<ReturnType<typeof ask>>) =>
    typeof found === 'number' ? found : found.map((one) => one.id);
  expect(ids(await ask(film))).toEqual([id, night, film]);
  expect(await ask(id, member)).toBe(404);
  await server.ask('DELETE', `/api/workflows/${night}`, { token });
  expect(ids(await ask(film))).toEqual([id, film]);
});
