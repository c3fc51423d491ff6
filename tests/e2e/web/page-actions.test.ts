import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workspace } from '../../../src/bots/terminal/person.ts';
import type { RunView } from '../../../src/db/runs.ts';
import { runId } from '../../../src/domain.ts';
import type { Program } from '../../../src/program.ts';
import { delivered, submitted } from '../../support/program.ts';
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

async function downloaded(page: Page, name: string): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name, exact: true }).click(),
  ]);
  return await readFile(await download.path());
}

/** The stored objects of a step of a run. */
async function kept({ services }: Program, { assets }: RunView, kind: 'image' | 'video'): Promise<Buffer> {
  const asset = assets.find((one) => one.step !== null && one.kind === kind);
  if (!asset) throw new Error(`the run made no ${kind}`);
  return await buffer(await services.store.open(asset.objectKey));
}

test('what is downloaded is what was kept, byte for byte; an image is made again, edited and animated, each as a run of its own, and the ledger is a file', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start();
  const id = await submitted(program, { workspace, workflow: 'image', options: { quality: 'standard' } });
  const image = await delivered(program, id);
  const { page, faults } = await visit(opened());
  const first = `${address}/runs/${id}`;
  const elsewhere = (url: URL) => url.pathname.startsWith('/runs/') && url.href !== first;

  await page.goto(first);
  expect((await downloaded(page, 'Download')).equals(await kept(program, image, 'image'))).toBe(true);
  await page.getByRole('button', { name: 'Again · 4 credits' }).click();
  await page.waitForURL(elsewhere);

  await page.goto(first);
  await page.getByRole('button', { name: 'Edit prompt' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('a heron at dusk');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /credit/ })
    .click();
  await page.waitForURL(elsewhere);
  await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('a heron at dusk');

  await page.goto(first);
  await page.getByRole('button', { name: 'Animate · 18 credits' }).click();
  await page.waitForURL(elsewhere);
  await page.locator('.node.video.done').waitFor();
  const video = await delivered(program, runId.parse(page.url().split('/').at(-1)));
  expect((await downloaded(page, 'Download')).equals(await kept(program, video, 'video'))).toBe(true);

  await page.goto(`${address}/credits`);
  expect((await downloaded(page, 'CSV')).toString()).toContain(id);
  expect(faults).toEqual([]);
});

test('a press takes no more than its button said: what rose meanwhile, or was not said, is asked', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start();
  const id = await submitted(program, { workspace, workflow: 'image', options: { quality: 'standard' } });
  await delivered(program, id);
  const { page, faults } = await visit(opened());
  // The price as it was before it rose.
  await page.route(`**/api/workflows/${id}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), prices: { again: 3, animate: null } } });
  });
  const dialog = page.getByRole('dialog');
  await page.goto(`${address}/runs/${id}`);
  await page.getByRole('button', { name: 'Animate', exact: true }).click();
  await dialog.getByText('Nothing was charged yet.').waitFor();
  expect(await dialog.getByRole('button').allTextContents()).toEqual(['Close', 'Animate · 18 credits']);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Again · 3 credits' }).click();
  await dialog.getByText('It was 3 credits when you were told. Nothing was charged.').waitFor();
  expect(await page.locator('.balance strong').textContent()).toBe('96');
  await dialog.getByRole('button', { name: 'Again · 4 credits' }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(id));
  await expect.poll(() => page.locator('.balance strong').textContent()).toBe('92');
  expect(faults).toEqual([]);
});
