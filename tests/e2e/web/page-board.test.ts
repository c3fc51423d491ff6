import axe from 'axe-core';
import { and, eq } from 'drizzle-orm';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { workspace } from '../../../src/bots/terminal/person.ts';
import { loadRun } from '../../../src/db/runs.ts';
import { assets, runs, steps } from '../../../src/db/schema.ts';
import { type RunId, runId } from '../../../src/domain.ts';
import type { Program } from '../../../src/program.ts';
import { delivered, submitted } from '../../support/program.ts';
import { noBrowser, sharedBrowser, visit } from '../../support/web/browser.ts';
import { localInstallation } from '../../support/web/installation.ts';
import { misplaced } from '../../support/web/layout.ts';

const opened = sharedBrowser();

const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

async function withFrames(): Promise<{ address: string; program: Program; id: RunId }> {
  const { address, program } = await (await localInstallation(null)).start({ freeCredits: 500 });
  const options = { frames: 4, quality: 'standard', duration: 3, resolution: '720p' } as const;
  const id = await submitted(program, { workspace, prompt: 'a fox', options });
  await delivered(program, id);
  return { address, program, id };
}

const shownOf = (page: Page) =>
  page.evaluate<number[]>(
    `[...document.querySelectorAll('.one-frame')].flatMap((one, at) => (one.classList.contains('shown') ? [at + 1] : []))`,
  );
const largeOf = (page: Page) =>
  page.evaluate<string>(`new URL(document.querySelector('.stage > img.shown').src).pathname`);

const elsewhere = (id: RunId) => (url: URL) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(id);
const childrenOf = async ({ database: { db } }: Program, id: RunId) =>
  await db.select().from(runs).where(eq(runs.parentId, id));

test('frames are compared at one place under the pointer and by keys, and a key shows the price before it starts the video of its frame', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program, id } = await withFrames();
  const { page, faults } = await visit(opened(), { viewport: wide });
  await page.goto(`${address}/runs/${id}`);
  const animate = (image: number) => page.getByRole('button', { name: `Animate · 10 credits, image ${image}` });
  await animate(4).waitFor();
  const first = await largeOf(page);
  await page.locator('.one-frame').nth(2).hover();
  await expect.poll(() => shownOf(page)).toEqual([3]);
  expect(await largeOf(page)).not.toBe(first);

  // A key only shows a frame and its price. The same key presses the button then.
  await page.keyboard.press('2');
  expect(await shownOf(page)).toEqual([2]);
  expect(await page.evaluate(`document.activeElement.getAttribute('aria-label')`)).toBe(
    'Animate · 10 credits, image 2',
  );
  await page.keyboard.press('4');
  expect(await shownOf(page)).toEqual([4]);
  expect(await childrenOf(program, id)).toEqual([]);
  await page.keyboard.press('4');
  await page.waitForURL(elsewhere(id));
  const [child] = await childrenOf(program, id);
  expect(child).toMatchObject({ workflow: 'video', parentStep: 5, priceCredits: 10 });

  // In a field, a digit is a digit.
  await page.goto(`${address}/runs/${id}`);
  await page.getByRole('button', { name: 'Change, image 3' }).click();
  await page.getByLabel('What should change?').pressSequentially('2 moons');
  await page.getByRole('button', { name: 'Make it · 3 credits' }).click();
  await page.waitForURL(elsewhere(id));
  const changed = await loadRun(program.database.db, runId.parse(page.url().split('/').at(-1)));
  expect(changed?.run).toMatchObject({ workflow: 'edit', prompt: '2 moons', parentStep: 4, priceCredits: 3 });
  expect(faults).toEqual([]);
});

test('a frame that was refused has no buttons, and the others keep their numbers', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program, id } = await withFrames();
  const { db } = program.database;
  const failure = { kind: 'refused', detail: 'not that' } as const;
  await db
    .update(steps)
    .set({ state: 'failed', failure })
    .where(and(eq(steps.runId, id), eq(steps.number, 3)));
  await db.delete(assets).where(eq(assets.step, 3));
  const { page } = await visit(opened(), { viewport: wide });
  await page.goto(`${address}/runs/${id}`);
  await page.locator('.one-frame .primary').first().waitFor();
  const numbers = await page.evaluate<string[]>(
    `[...document.querySelectorAll('.one-frame .primary')].map((one) => one.dataset.key)`,
  );
  expect(numbers).toEqual(['1', '3', '4']);
  await page.keyboard.press('2');
  expect(await page.evaluate(`document.activeElement.tagName`)).not.toBe('BUTTON');
});

test('versions stand in a row on the page of each of them, and what does not fit beside the buttons is in a menu that the keyboard opens', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program, id } = await withFrames();
  for (const viewport of [wide, phone]) {
    const { page, faults } = await visit(opened(), { viewport, reducedMotion: 'reduce' });
    await page.goto(`${address}/runs/${id}`);
    await page.getByRole('button', { name: /^Animate · 10 credits, image 2$/ }).click();
    await page.waitForURL(elsewhere(id));
    const child = runId.parse(page.url().split('/').at(-1));
    await delivered(program, child);
    await page.getByRole('button', { name: 'More', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'From the last frame' }).waitFor();
    for (const name of ['Remix', /^Vary · \d+ credits$/])
      expect(await page.getByRole('button', { name }).count()).toBe(1);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'From the last frame' }).waitFor({ state: 'hidden' });
    expect(await page.evaluate(`document.activeElement.textContent.trim()`)).toBe('More');

    const row = page.getByRole('navigation', { name: 'Versions' });
    expect(await row.locator('[aria-current=page]').textContent()).toContain('2');
    await row.getByRole('link', { name: 'Back to version 1' }).click();
    await page.waitForURL(`${address}/runs/${id}`);
    await row.locator('[aria-current=page]').filter({ hasText: '1' }).waitFor();
    await page.locator('.one-frame img').nth(3).waitFor();
    expect(await misplaced(page), `at ${viewport.width}`).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe.source);
      const violations = await page.evaluate<string[]>(
        `axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html }) => html).join(' ')))`,
      );
      expect(violations, `${colorScheme} at ${viewport.width}`).toEqual([]);
    }
    expect(faults).toEqual([]);
    await program.database.db.update(runs).set({ parentId: null }).where(eq(runs.parentId, id));
  }
});

test('an image that moderation has flagged is blurred everywhere until somebody asks to see it', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program, id } = await withFrames();
  await program.database.db
    .update(assets)
    .set({ flagged: ['violence'] })
    .where(eq(assets.step, 3));
  const { page } = await visit(opened(), { viewport: wide });
  await page.goto(`${address}/runs/${id}`);
  const veiled = () => page.locator('img.veiled').count();
  await page.getByRole('button', { name: 'Hidden by moderation (violence). Show it' }).waitFor();
  // The small one, and the large one behind it.
  expect(await veiled()).toBe(2);
  const blur = await page.evaluate<string>(`getComputedStyle(document.querySelector('.one-frame img.veiled')).filter`);
  expect(blur).toContain('blur');
  await page.getByRole('button', { name: 'Hidden by moderation (violence). Show it' }).click();
  await expect.poll(veiled).toBe(0);
  await page.getByRole('button', { name: 'Image 2: a fox' }).click();
  await page.getByRole('dialog', { name: 'Image 2: a fox' }).waitFor();
});
