import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { runCard } from '../../src/bots/runCard.ts';
import { textOf } from '../../src/bots/text.ts';
import { accountOf } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import type { RunView } from '../../src/db/runs.ts';
import { progressOf } from '../../src/pipeline/progress.ts';
import { openAiCanary } from '../support/canary.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';
import { completedEmpty, completedWithWords } from '../support/providers/omni.ts';
import type { Fault } from '../support/providers/server.ts';
import { startVendors, type Vendors } from '../support/providers/vendors.ts';

const short = { duration: 3, resolution: '720p' } as const;

/** All text that a member reads about a finished run. */
function told(view: RunView): string {
  const card = runCard(view, progressOf(view, new Date()), textOf('en'));
  return [card.title, ...card.blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []))].join('\n');
}

type Case = {
  name: string;
  arrange: (vendors: Vendors) => void;
  says: RegExp;
  captured: number;
  posts?: { images?: number; videos?: number };
};
const status = (code: number, message: string, extra: object = {}, headers: Record<string, string> = {}): Fault => ({
  fault: 'status',
  status: code,
  body: { error: { message, ...extra } },
  headers,
});
const image =
  (...faults: Fault[]) =>
  ({ openai }: Vendors) =>
    openai.fail('POST', /images/, ...faults);
const video =
  (...faults: Fault[]) =>
  ({ omni }: Vendors) =>
    omni.fail('POST', /interactions$/, ...faults);

const cases: Case[] = [
  {
    name: 'refused by the image provider',
    arrange: image(status(400, 'no', { code: 'moderation_blocked' })),
    says: /does not want to make this image/,
    captured: 1,
    posts: { images: 1, videos: 0 },
  },
  {
    name: 'an image request that is invalid',
    arrange: image(status(400, 'bad size', { code: 'invalid_value' })),
    says: /cannot make this image/,
    captured: 1,
    posts: { images: 1 },
  },
  {
    name: 'a bad key',
    arrange: image(status(401, `Incorrect API key ${openAiCanary}`, { code: 'invalid_api_key' })),
    says: /did not accept the key/,
    captured: 1,
    posts: { images: 1 },
  },
  {
    name: 'an empty account',
    arrange: image(status(429, 'quota', { code: 'insufficient_quota' })),
    says: /nothing left/,
    captured: 1,
    posts: { images: 1 },
  },
  {
    name: 'an outage',
    arrange: image(status(500, 'oops')),
    says: /could not be reached/,
    captured: 1,
    posts: { images: 1 },
  },
  { name: 'a dropped line', arrange: image({ fault: 'drop' }), says: /image/, captured: 1, posts: { images: 1 } },
  ...['2592000', '1e20', 'Fri, 31 Dec 2200 23:59:59 GMT'].map((wish) => ({
    name: `a provider that wants to be left alone (Retry-After: ${wish})`,
    arrange: image(status(429, 'slow', {}, { 'retry-after': wish })),
    says: /too busy for the image.*asks to wait for hours or days/,
    captured: 1,
    posts: { images: 1, videos: 0 },
  })),
  {
    name: 'rate limits that pass',
    arrange: image(status(429, 'slow down', {}, { 'retry-after': '1' })),
    says: /are ready/,
    captured: 16,
    posts: { images: 2, videos: 1 },
  },
  {
    name: 'a Google key that is invalid',
    arrange: video({
      fault: 'status',
      status: 400,
      body: {
        error: {
          message: 'API key not valid',
          code: 400,
          status: 'INVALID_ARGUMENT',
          details: [{ reason: 'API_KEY_INVALID' }],
        },
      },
    }),
    says: /did not accept the key/,
    captured: 6,
    posts: { videos: 1 },
  },
  {
    name: 'a completed interaction without a video',
    arrange: ({ omni }) => void omni.states.splice(0, 1, completedEmpty),
    says: /there was no video/,
    captured: 6,
    posts: { videos: 1 },
  },
  {
    name: 'a refusal after rendering',
    arrange: ({ omni }) => void omni.states.splice(0, 1, completedWithWords('This violates our policy on safety.')),
    says: /video/,
    captured: 6,
    posts: { videos: 1 },
  },
  {
    name: 'a budget that is used up',
    arrange: ({ omni }) => void omni.states.splice(0, 1, { status: 'budget_exceeded' }),
    says: /nothing left/,
    captured: 6,
    posts: { videos: 1 },
  },
  {
    name: 'a download that breaks in the middle',
    arrange: ({ omni }) => void omni.cutAfter.push(1_000),
    says: /are ready/,
    captured: 16,
    posts: { videos: 1 },
  },
];

test.for(cases)(
  '$name is told in plain words, sent no oftener than it may be, and the ledger is right',
  async (the) => {
    const vendors = await startVendors();
    the.arrange(vendors);
    const database = await createTestDatabase();
    const workspace = await createWorkspace(database, 100);
    const installation = await createInstallation(database);
    const worker = await installation.open({ worker: true, environment: vendors.environment });
    const view = await delivered(worker, await submitted(worker, { workspace, options: short }));
    expect(told(view)).toMatch(the.says);
    expect(told(view)).not.toContain('CANARY');
    expect(view.run.capturedCredits).toBe(the.captured);
    expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 100 - the.captured, held: 0 });
    if (the.posts?.images !== undefined) expect(vendors.openai.posts(/images/)).toHaveLength(the.posts.images);
    if (the.posts?.videos !== undefined) expect(vendors.omni.posts(/interactions$/)).toHaveLength(the.posts.videos);
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  },
);

test('a video is asked for again before its time is up, however long its provider wants to be left alone', async () => {
  const vendors = await startVendors();
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true, environment: vendors.environment });
  vendors.omni.fail('GET', /interactions/, status(429, 'slow', {}, { 'retry-after': '1e20' }));
  const asked = vendors.omni.arrival(/interactions\/it-1$/);
  const id = await submitted(worker, { workspace, options: short });
  await asked;
  const postponed = sql`SELECT extract(epoch FROM due_at - now()) / 60 AS minutes FROM runs
    WHERE NOT busy AND id IN (SELECT run_id FROM steps WHERE failed_attempts > 0)`;
  const minutes = z.array(z.object({ minutes: z.coerce.number().min(15).max(20) })).length(1);
  await expect.poll(async () => minutes.safeParse(await database.db.execute(postponed)).success).toBe(true);
  await database.db.execute(sql`UPDATE steps SET due_at = NULL`);
  await database.db.execute(sql`UPDATE runs SET due_at = now()`);
  expect((await delivered(worker, id)).run.state).toBe('succeeded');
});
