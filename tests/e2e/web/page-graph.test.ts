import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { workspace } from '../../../src/bots/terminal/person.ts';
import { runs, steps } from '../../../src/db/schema.ts';
import type { RunId, RunOptions } from '../../../src/domain.ts';
import { ProviderError } from '../../../src/pipeline/providers/provider.ts';
import type { Program } from '../../../src/program.ts';
import { delivered, submitted } from '../../support/program.ts';
import { noBrowser, sharedBrowser, visit } from '../../support/web/browser.ts';
import { localInstallation } from '../../support/web/installation.ts';
import { misplaced } from '../../support/web/layout.ts';
import { openWebServer } from '../../support/web/server.ts';

const opened = sharedBrowser();

const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
const viewports = [wide, phone];

const overflow = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');

/** The class of every lane and of its steps, from top to bottom and from left to right. */
const lanesOf = (page: Page) =>
  page.evaluate<string[][]>(`[...document.querySelectorAll('.scene')].map((scene) =>
    [scene, ...scene.querySelectorAll('.node')].map((one) => one.className.replace(/node small /, '').trim()))`);

type Point = { x: number; y: number };
/** The middle of every element, as it is drawn. */
const middlesOf = (page: Page, selector: string) =>
  page.evaluate<Point[]>(`[...document.querySelectorAll('${selector}')].map((one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    return { x: (left + right) / 2, y: (top + bottom) / 2 };
  })`);

const story = (scenes: number, duration = 15): Partial<RunOptions> => ({
  scenes,
  duration,
  quality: 'standard',
  resolution: '720p',
});

/** A story that no worker touches, whose steps are in the middle of their work. */
async function atWork(program: Program, scenes: number, duration: number): Promise<RunId> {
  const { db } = program.database;
  const options = story(scenes, duration);
  const id = await submitted(program, { workspace, workflow: 'story', prompt: 'a fox crosses a lake', options });
  const far = sql`now() + interval '1 hour'`;
  await db.update(runs).set({ state: 'running', startedAt: new Date(), dueAt: far }).where(eq(runs.id, id));
  const shot = { image: 'a fox at the shore of a lake, seen from afar', motion: 'slowly nearer' };
  const shots = Array.from({ length: scenes }, (_, index) => ({ ...shot, image: `${shot.image}, part ${index + 1}` }));
  const finishedAt = new Date();
  const startedAt = new Date(finishedAt.getTime() - 2_000);
  const put = async (numbers: number[], values: Partial<typeof steps.$inferInsert>) =>
    db
      .update(steps)
      .set(values)
      .where(and(eq(steps.runId, id), inArray(steps.number, numbers)));
  // Step 1 is the shot list. The images follow, and then the clips.
  await put([1], { state: 'done', startedAt, finishedAt, enhanced: { ...shot, shots } });
  await put([3], { state: 'failed', startedAt, finishedAt, failure: { kind: 'refused', detail: 'not that' } });
  await put([scenes + 3], { state: 'skipped' });
  await put([4], { state: 'submitting', startedAt, fraction: 0.4 });
  return id;
}

test('a story is drawn with a lane for each scene, wires between its steps and its shots beside them, on a desktop and on a phone', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { base, program } = await openWebServer({ local: true });
  const scenes = 8;
  const id = await atWork(program, scenes, 24);
  for (const viewport of viewports) {
    const { page, faults } = await visit(opened(), { viewport, reducedMotion: 'reduce' });
    await page.goto(`${base}/runs/${id}`);
    await page
      .locator('.scene')
      .nth(scenes - 1)
      .waitFor();
    const lanes = await lanesOf(page);
    expect(lanes).toHaveLength(scenes);
    expect(lanes[0]).toEqual(['scene waiting', 'image waiting', 'video waiting']);
    expect(lanes[1]).toEqual(['scene failed', 'image failed', 'video skipped']);
    expect(lanes[2]).toEqual(['scene working', 'image working', 'video waiting']);
    expect(await page.locator('.node[aria-busy=true]').count()).toBe(1);
    expect(await page.locator('.scene').nth(1).locator('.failure').count()).toBe(1);
    expect(await page.locator('.scene').nth(4).locator('.shot-image').textContent()).toContain('part 5');
    expect(await page.getByRole('listitem').filter({ hasText: 'Scene 8' }).count()).toBeGreaterThan(0);
    expect(await overflow(page), `at ${viewport.width}`).toBeLessThanOrEqual(0);
    expect(await misplaced(page), `at ${viewport.width}`).toEqual([]);
    expect(faults).toEqual([]);
  }
});

test('every wire of a story ends where its step is: in its lane, left of what it leads to', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { base, program } = await openWebServer({ local: true });
  const id = await atWork(program, 4, 16);
  const { page } = await visit(opened(), { viewport: wide, reducedMotion: 'reduce' });
  await page.goto(`${base}/runs/${id}`);
  await page.locator('.scene').nth(3).waitFor();
  const [scenes, into, out, images, clips, between, results] = await Promise.all(
    [
      '.scene',
      '.scene > .wire:not(.out)',
      '.scene > .wire.out',
      '.small.image .thumb-frame',
      '.small.video .thumb-frame',
      '.thumb-frame > .wire',
      '.result > .card',
    ].map((selector) => middlesOf(page, selector)),
  );
  expect([into?.length, out?.length, between?.length, results?.length]).toEqual([4, 4, 4, 1]);
  scenes?.forEach((scene, at) => {
    const row = [into, images, between, clips, out].map((found) => found?.[at] ?? { x: NaN, y: NaN });
    for (const { y } of row) expect(Math.abs(y - (row[1]?.y ?? NaN))).toBeLessThan(6);
    const xs = row.map(({ x }) => x);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    expect(scene.x).toBeLessThan(results?.[0]?.x ?? 0);
  });
  // The first image is a reference of the others.
  expect(await page.locator('.reference.from').count()).toBe(1);
  expect(await page.locator('.reference.to').count()).toBe(3);
  // The film stays in sight and joined to its wire while the scenes scroll.
  await page.setViewportSize({ width: 1440, height: 500 });
  await page.evaluate('scrollTo(0, 400)');
  const film = await page.locator('.result > .card').boundingBox();
  expect(film?.y).toBeGreaterThanOrEqual(0);
});

test('a story is started from the page, and becomes one film of its scenes', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation(null)).start();
  const { page, faults } = await visit(opened());
  await page.goto(address);
  await page.getByRole('radio', { name: 'Story' }).check({ force: true });
  await page.getByRole('button', { name: 'A keeper lights the lighthouse in a storm' }).click();
  await page.getByLabel('Scenes').fill('1');
  await expect.poll(() => page.locator('.field.scenes output').textContent()).toBe('3');
  await page.getByRole('radio', { name: 'Fade' }).check({ force: true });
  await page.getByRole('radio', { name: '720p' }).check({ force: true });
  await page.locator('.make-it[aria-disabled=false]').click();
  await page.waitForURL(/\/runs\//);
  await page.locator('.node.join.done video').waitFor({ timeout: 60_000 });
  expect((await lanesOf(page)).map((lane) => lane[0])).toEqual(['scene done', 'scene done', 'scene done']);
  expect(await page.locator('.tags').textContent()).toContain('3 scenes');
  await page.getByRole('button', { name: 'Scene 2, Clip' }).click();
  await page.getByRole('dialog', { name: 'Scene 2, Clip' }).locator('video').waitFor();
  await page.keyboard.press('Escape');
  await page.goto(address);
  // One bar for the shot list, one for each scene, one for the film.
  await expect.poll(() => page.locator('.run-line').first().locator('.track i').count()).toBe(5);
  expect(faults).toEqual([]);
});

test('variants stand on a board, in a row or in two columns; each opens whole and is downloaded by itself', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start();
  const id = await submitted(program, { workspace, workflow: 'image', prompt: 'a fox', options: { variants: 4 } });
  await delivered(program, id);
  for (const viewport of viewports) {
    const { page, faults } = await visit(opened(), { viewport });
    await page.goto(`${address}/runs/${id}`);
    await page.locator('.one-frame img').nth(3).waitFor();
    const middles = await middlesOf(page, '.one-frame .frame');
    const [first, second, third, fourth] = middles;
    expect(first?.y).toBe(second?.y);
    if (viewport === wide) expect(new Set(middles.map(({ y }) => y)).size).toBe(1);
    else expect([first?.x, second?.x]).toEqual([third?.x, fourth?.x]);
    expect(await page.getByRole('link', { name: 'Download the image' }).count()).toBe(4);
    await page.getByRole('button', { name: 'Image 3: a fox' }).click();
    await page.getByRole('dialog', { name: 'Image 3: a fox' }).getByRole('img').waitFor();
    await page.keyboard.press('Escape');
    expect(await overflow(page), `at ${viewport.width}`).toBeLessThanOrEqual(0);
    expect(await misplaced(page), `at ${viewport.width}`).toEqual([]);
    await page.goto(`${address}/gallery`);
    await expect.poll(() => page.locator('.tile .badge').textContent()).toBe('4 images');
    expect(faults).toEqual([]);
  }
});

test('a film is made longer by the usual length at a press, and by another length at the price that the page then names', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start();
  const id = await submitted(program, { workspace, options: { duration: 3, resolution: '720p' } });
  await delivered(program, id);
  const { page, faults } = await visit(opened());
  const elsewhere = (url: URL) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(id);
  await page.goto(`${address}/runs/${id}`);
  await page.getByRole('button', { name: /^Extend by 8 s · \d+ credits$/ }).click();
  await page.waitForURL(elsewhere);
  await page.locator('.node.result.done > .card video').waitFor({ timeout: 30_000 });
  expect(await page.locator('.clips .small.video').count()).toBe(2);
  expect(await page.locator('.clips').textContent()).toContain('The film so far');
  expect(await page.locator('.node.join').count()).toBe(1);
  for (const viewport of viewports) {
    await page.setViewportSize(viewport);
    expect(await overflow(page), `at ${viewport.width}`).toBeLessThanOrEqual(0);
  }

  await page.setViewportSize(wide);
  await page.goto(`${address}/runs/${id}`);
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Extend by another length' }).click();
  await dialog.getByRole('slider').fill('2');
  await dialog.getByRole('button', { name: 'Extend by 7 s' }).click();
  // The model cannot make seven seconds, not even of several clips. The lengths that it can make are left.
  await expect.poll(() => dialog.getByRole('slider').getAttribute('max')).toBe('9');
  await dialog.getByRole('slider').fill('0');
  await dialog.getByRole('button', { name: 'Extend by 5 s' }).click();
  await dialog.getByText('Nothing was charged yet.').waitFor();
  await dialog.getByRole('button', { name: /^Extend by 5 s · \d+ credits$/ }).click();
  await page.waitForURL(elsewhere);
  await page.locator('.node.result.done > .card video').waitFor({ timeout: 30_000 });
  expect(await page.locator('.tags').textContent()).toContain('5 s longer');
  expect(faults).toEqual([]);
});

test('the rest of an unfinished story is made at a press', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const failingSteps: Record<number, () => Error> = { 3: () => new ProviderError('refused', 'not that') };
  const server = await openWebServer({ local: true, worker: true, vendor: { failingSteps } });
  const id = await submitted(server.program, { workspace, workflow: 'story', options: story(3) });
  await delivered(server.program, id);
  delete failingSteps[3];
  const { page, faults } = await visit(opened());
  await page.goto(`${server.base}/runs/${id}`);
  await page.locator('.scene.failed').waitFor();
  await page.getByRole('button', { name: /^Continue · \d+ credits$/ }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(id));
  await page.locator('.node.join.done video').waitFor({ timeout: 30_000 });
  expect((await lanesOf(page)).map((lane) => lane[0])).toEqual(['scene done', 'scene done', 'scene done']);
  // The scenes that were made before cost nothing again.
  expect(await page.locator('.scene-head p').allTextContents()).toEqual([
    expect.stringContaining(' 0 credits'),
    expect.not.stringContaining(' 0 credits'),
    expect.stringContaining(' 0 credits'),
  ]);
  expect(faults).toEqual([]);
});
