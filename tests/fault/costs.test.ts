import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { performAction } from '../../src/bots/actions/perform.ts';
import type { CommandRequest } from '../../src/bots/commands/request.ts';
import { textOf } from '../../src/bots/text.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import type { RunView } from '../../src/db/runs.ts';
import { acceptImage } from '../../src/pipeline/media/input.ts';
import { nextPrices, quote } from '../../src/pipeline/quote.ts';
import type { Program } from '../../src/program.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { vendorPrices } from '../support/prices.ts';
import { createInstallation, delivered, submissionOf, submitted } from '../support/program.ts';

const { operations } = textOf('en');
/** Without sound, no ffmpeg has to join it. */
const silent = { audio: false } as const;
const costsOf = ({ steps }: RunView) =>
  steps.map(({ kind, costMicroUsd, isCostEstimate }) => [kind, costMicroUsd, isCostEstimate]);

async function opened() {
  const database = await createTestDatabase();
  return {
    database,
    workspace: await createWorkspace(database, 1_000),
    installation: await createInstallation(database),
  };
}

/** The query of docs/operations.md that adds up costs. */
async function documentedQuery(): Promise<string> {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, query] = /## What it has cost[\s\S]*?```sql\n([\s\S]*?)```/.exec(page) ?? [];
  if (!query) throw new Error('docs/operations.md has no such query');
  return query;
}

describe('the cost of a step', () => {
  test('is what its vendor reports, and else its published price, marked as an estimate in rows and for the operator', async () => {
    const { database, workspace, installation } = await opened();
    const charges = {
      enhance: { microUsd: 131, usage: { tokens: 9 } },
      image: { microUsd: null, usage: { tokens: 1_120 } },
    };
    const worker = await installation.open({ worker: true, vendor: { prices: vendorPrices, charges } });
    const view = await delivered(worker, await submitted(worker, { workspace, options: silent }));
    expect(costsOf(view)).toEqual([
      ['enhance', 131, false],
      ['image', 200_000, true],
      // Eight silent seconds.
      ['video', 8 * 200_000, true],
    ]);
    expect(view.steps.map(({ usage }) => usage)).toEqual([{ tokens: 9 }, { tokens: 1_120 }, null]);
    expect(view.steps.map(operations.stepLine)).toEqual([
      expect.stringMatching(/, cost \$0\.0002$/),
      expect.stringMatching(/, cost about \$0\.20 \(an estimate/),
      expect.stringMatching(/, cost about \$1\.60 \(an estimate/),
    ]);
    expect([...(await database.db.execute(sql.raw(await documentedQuery())))]).toMatchObject([
      { model: 'vendor-image', steps: '1', credits: '5', reported_usd: null, estimated_usd: '0.20', unknown: '0' },
      { model: 'vendor-video', credits: '15', reported_usd: null, estimated_usd: '1.60' },
      { model: 'vendor-words', credits: '1', reported_usd: '0.00', estimated_usd: null },
    ]);
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  });

  test('is unknown if the vendor reports nothing and publishes nothing', async () => {
    const { workspace, installation } = await opened();
    const worker = await installation.open({ worker: true });
    const view = await delivered(worker, await submitted(worker, { workspace, options: silent }));
    expect(costsOf(view)).toEqual([
      ['enhance', null, false],
      ['image', null, false],
      ['video', null, false],
    ]);
    for (const step of view.steps) expect(operations.stepLine(step)).not.toContain('cost');
  });
});

describe('a changed image', () => {
  test('costs at most what was told before anybody knew its shape', async () => {
    const { database, workspace, installation } = await opened();
    const hd = { wide: 200_000, tall: 200_000, square: 300_000 };
    const { image: price } = vendorPrices;
    const vendor = { prices: { ...vendorPrices, image: { ...price, perImage: { ...price.perImage, hd } } } };
    const config = { prices: { from: 'book', creditMicroUsd: 50_000, markupPercent: 0 } } as const;
    const { services } = await installation.open({ worker: false, vendor, config });
    const { temporaryDirectory: directory } = services;
    const picture = (width: number, height: number) => async () => {
      const png = await sharp({ create: { width, height, channels: 3, background: 'navy' } })
        .png()
        .toBuffer();
      return await acceptImage(Readable.from([png]), { directory, signal: AbortSignal.timeout(60_000) });
    };
    const edit = (image: ReturnType<typeof picture>, maxCredits: number) =>
      services.submit(submissionOf({ workspace, workflow: 'edit', prompt: 'at night', image, maxCredits }));
    // A square one is $0.30, a wide one $0.20, and each looks at a picture for $0.02.
    expect(await quote(services, workspace.id, 'edit', {})).toMatchObject({ price: 7 });
    expect(await edit(picture(600, 600), 5)).toEqual({ outcome: 'dearer', price: 7 });
    expect(await edit(picture(600, 600), 7)).toMatchObject({ outcome: 'accepted', price: 7 });
    expect(await edit(picture(1_600, 900), 7)).toMatchObject({ outcome: 'accepted', price: 5 });
    expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
  });
});

describe('after PRICES has changed', () => {
  const book = { from: 'book', creditMicroUsd: 50_000, markupPercent: 0 } as const;
  const requestOf = (program: Program, view: RunView, maxCredits: number): CommandRequest => ({
    services: program.services,
    workspace: { id: view.run.workspaceId, platform: 'terminal', name: 'test' },
    member: { id: view.run.memberId, name: 'Ada', isAdmin: false },
    requestKey: randomUUID(),
    conversation: {},
    isPress: true,
    locale: 'en',
    signal: new AbortController().signal,
    openImage: async () => null,
    maxCredits,
  });

  test('a run in flight keeps its price, and its buttons have the new one: nobody pays more than a button said', async () => {
    const { database, workspace, installation } = await opened();
    const vendor = { prices: vendorPrices };
    const bot = await installation.open({ worker: false, vendor });
    const id = await submitted(bot, { workspace, options: silent });
    const view = await (async () => {
      const worker = await installation.open({ worker: true, vendor, config: { prices: book } });
      const done = await delivered(worker, id);
      // 1 for the words, 5 for the image and 15 for the film: as it was told when the run began.
      expect(done.run).toMatchObject({ priceCredits: 21, capturedCredits: 21 });
      // 1, 4 and 32 now.
      expect(await nextPrices(worker.services, done)).toMatchObject({ again: 37, animate: 32 });
      const old = await performAction(requestOf(worker, done, 21), 'again', { id, step: null });
      expect(old).toMatchObject({ refusal: { reason: 'costs_more', priceCredits: 37, told: 21 } });
      const now = await performAction(requestOf(worker, done, 37), 'again', { id, step: null });
      if (now.kind !== 'run') throw new Error(`no run, but ${JSON.stringify(now)}`);
      return await delivered(worker, now.runId);
    })();
    expect(view.run).toMatchObject({ state: 'succeeded', priceCredits: 37, capturedCredits: 37 });
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  });

  test('what is left of an unfinished run is continued at the new prices', async () => {
    const { database, workspace, installation } = await opened();
    const prices = vendorPrices;
    const failing = { video: () => new Error('no film today') };
    const worker = await installation.open({ worker: true, vendor: { prices, failing } });
    const failed = await delivered(worker, await submitted(worker, { workspace, options: silent }));
    expect(failed.run).toMatchObject({ state: 'failed', capturedCredits: 6 });
    const next = await installation.open({ worker: true, vendor: { prices }, config: { prices: book } });
    await worker.stop();
    expect((await nextPrices(next.services, failed)).continue).toBe(32);
    const request = requestOf(next, failed, 32);
    const answer = await performAction(request, 'continue', { id: failed.run.id, step: null });
    if (answer.kind !== 'run') throw new Error(`no run, but ${JSON.stringify(answer)}`);
    expect((await delivered(next, answer.runId)).run).toMatchObject({ state: 'succeeded', capturedCredits: 32 });
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  });
});
