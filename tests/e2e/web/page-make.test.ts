import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { textOf } from '../../../src/bots/text.ts';
import { newKeyring } from '../../../src/db/keyring.ts';
import { loadRun } from '../../../src/db/runs.ts';
import { runId } from '../../../src/domain.ts';
import { newcomer, vidgenie } from '../../support/command-line.ts';
import { createTestDatabase } from '../../support/database.ts';
import { launchBrowser, noBrowser, visit } from '../../support/web/browser.ts';
import { localInstallation } from '../../support/web/installation.ts';

let browser: Browser | null = null;

beforeAll(async () => {
  if (noBrowser === null) browser = await launchBrowser();
});
afterAll(() => browser?.close());

function opened(): Browser {
  if (!browser) throw new Error('the browser is not open');
  return browser;
}

/** Chooses the options that the demo studio renders fastest. */
async function chooseShort(page: Page): Promise<void> {
  await page.getByLabel('Length').fill('0');
  await page.getByRole('radio', { name: '720p' }).check();
  await page.getByRole('radio', { name: 'Standard' }).check();
}

const nodeStates = (page: Page) =>
  page.evaluate<string[]>(
    `[...document.querySelectorAll('.canvas > .node')].map((node) => node.className.split(' ').slice(1, 3).join(' '))`,
  );

/** Layout shifts without any input, as the browser itself measures them. */
const layoutShift = (page: Page) =>
  page.evaluate<number>(`new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => resolve(sum), 100);
  })`);

test('a newcomer makes a first video from the page alone: the price follows the choices, the canvas moves, the video plays', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation()).start();
  const { page, requested, faults } = await visit(opened());
  await page.goto(address);
  const button = page.getByRole('button', { name: /^Make it/ });
  await expect.poll(() => button.textContent()).toContain('24 credits');
  expect(await button.getAttribute('aria-disabled')).toBe('true');
  expect(await page.locator('#why').textContent()).toBe('First, a few words.');
  // The demo studio supports every choice that the page shows.
  expect(await page.getByRole('radio', { disabled: true }).count()).toBe(0);

  await page.getByRole('button', { name: 'A fox in the snow, at first light' }).click();
  await chooseShort(page);
  await expect.poll(() => button.textContent()).toBe('Make it · 14 credits');
  expect(await layoutShift(page)).toBeLessThan(0.02);
  await button.click();

  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
  const seen = new Set<string>();
  await expect
    .poll(
      async () => {
        for (const state of await nodeStates(page)) seen.add(state);
        return await page.locator('.node.video.done video').count();
      },
      { timeout: 90_000, interval: 50 },
    )
    .toBe(1);
  expect(seen).toContain('video waiting');
  expect([...seen].filter((state) => / working$/.test(state)).length).toBeGreaterThan(0);
  // The look at the image, for which the motion is written, belongs to the video.
  expect(await nodeStates(page)).toEqual(['prompt done', 'enhance done', 'image done', 'video done']);
  expect(await page.locator('.node.enhance .node-words').first().textContent()).toContain('fox');
  const video = page.locator('.node.video video');
  await expect.poll(() => video.evaluate((it) => Reflect.get(it, 'currentTime'))).toBeGreaterThan(0.3);
  expect(await video.evaluate((it) => Reflect.get(it, 'videoWidth'))).toBe(1280);
  await expect.poll(() => page.locator('.balance strong').textContent()).toBe('86');
  expect(await layoutShift(page)).toBeLessThan(0.05);

  expect(
    requested.filter((url) => new URL(url).origin !== address && !url.startsWith('data:') && !url.startsWith('blob:')),
  ).toEqual([]);
  expect(faults).toEqual([]);
});

test('a run goes on before the same eyes when the page is loaded anew, and when the server is killed and started anew', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const [{ environment }, { url, db }] = await Promise.all([newcomer(), createTestDatabase()]);
  const shared = { ...environment, DATABASE_URL: url, VIDGENIE_KEYRING: newKeyring(), DEMO_STEP_MS: '1000' };
  const start = async (port: string) => {
    const { child, exit, line } = vidgenie(['start'], { ...shared, PORT: port });
    return { child, exit, address: /http:\S+$/.exec(await line(/http:/))?.[0] ?? '' };
  };
  const before = await start('0');
  const { page, faults } = await visit(opened());
  await page.goto(before.address);
  await page.getByLabel('Your words').fill('a paper boat');
  await chooseShort(page);
  await page.getByRole('button', { name: 'Make it · 14 credits' }).click();
  await page.locator('.node.working').waitFor();
  await page.reload();
  await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('a paper boat');
  await page.locator('.node.video.working').waitFor();
  // Nobody knows the outcome of a step whose submission was interrupted. A submitted step can be polled.
  const id = runId.parse(page.url().split('/').at(-1));
  const video = async () => (await loadRun(db, id))?.steps.find(({ kind }) => kind === 'video');
  await expect.poll(async () => (await video())?.state, { interval: 20 }).toBe('submitted');

  before.child.kill('SIGKILL');
  await before.exit;
  await page.getByText('Reconnecting…').waitFor();
  const after = await start(new URL(before.address).port);
  expect(after.address).toBe(before.address);
  await page.locator('.node.video.done video').waitFor({ timeout: 60_000 });
  await expect.poll(() => page.locator('.line').textContent()).toBe('');
  await expect.poll(() => page.locator('.standing-title').textContent()).toBe('Your image and your video are ready');
  expect(faults).toEqual([]);
});

test('the page says what stopping costs before it takes anything, and gives back what had not been sent', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation({ DEMO_STEP_MS: '6000' })).start();
  const { page, faults } = await visit(opened());
  await page.goto(address);
  await page.getByLabel('Your words').fill('a fox');
  await page.locator('.make-it[aria-disabled=false]').waitFor();
  await page.getByLabel('Your words').press('Control+Enter');
  await page.locator('.node.enhance.working').waitFor();
  const dialog = page.getByRole('dialog');
  const cost = z.object({ credits: z.int(), back: z.int() });
  const answered = () => page.waitForResponse(/workflow\/cancel/);
  const ask = async () => {
    const [answer] = await Promise.all([answered(), page.getByRole('button', { name: 'Cancel' }).click()]);
    const told = cost.parse(await answer.json());
    await dialog
      .getByText(`Stopping now costs ${textOf('en').measures.credits(told.credits)}, ${told.back} come back.`)
      .waitFor();
    return told;
  };
  expect(await ask()).toMatchObject({ credits: expect.any(Number) });
  await dialog.getByRole('button', { name: 'Keep going' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await page.locator('.standing').getAttribute('class')).toBe('standing running');
  let told = await ask();
  for (;;) {
    const stop = dialog.getByRole('button', { name: 'Stop', exact: true });
    const [answer] = await Promise.all([answered(), stop.click()]);
    if (answer.ok()) break;
    // The next step was sent while the question was open. The question comes again with the current cost.
    told = cost.parse(await answer.json());
    await dialog.getByText('Stopping costs more by now').waitFor();
  }
  await page.locator('.standing.canceled').waitFor({ timeout: 30_000 });
  expect(await page.locator('.standing .quiet').textContent()).toBe(
    `${textOf('en').measures.credits(told.credits)} paid, ${told.back} given back`,
  );
  await expect.poll(() => page.locator('.balance strong').textContent()).toBe(String(76 + told.back));
  expect(await page.locator('.node.video .state').textContent()).toBe('Not started');
  expect(faults).toEqual([]);
});

test('an image that is dropped anywhere, however soon, becomes a video of it', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation()).start();
  const { page, faults } = await visit(opened());
  // The page learns its rules for images later than it gets the image.
  const isDropped = Promise.withResolvers<void>();
  await page.route('**/api/options', async (route) => {
    await isDropped.promise;
    await route.continue();
  });
  await page.goto(address);
  await page.getByLabel('Your words').waitFor();
  const dropped = await page.evaluateHandle(`(async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 360;
    canvas.getContext('2d').fillRect(0, 0, 300, 300);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    const carried = new DataTransfer();
    carried.items.add(new File([blob], 'drawn.png', { type: 'image/png' }));
    return carried;
  })()`);
  await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });
  isDropped.resolve();
  await page.getByAltText('Your image').waitFor();
  await page.getByLabel('Length').fill('0');
  await page.getByRole('radio', { name: '720p' }).check();
  await page.getByRole('button', { name: /^Make it · 10 credits$/ }).click();
  await page.locator('.node.prompt').getByAltText('Your image').waitFor();
  expect(await nodeStates(page)).toEqual(['prompt done', expect.stringMatching(/^video (waiting|working|done)$/)]);
  expect(faults).toEqual([]);
});
