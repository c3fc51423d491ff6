import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workspace } from '../../../src/bots/terminal/person.ts';
import type { RunView } from '../../../src/db/runs.ts';
import { runId } from '../../../src/db/vocabulary.ts';
import type { Program } from '../../../src/main.ts';
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

/** What the store holds of what a step of a run made. */
async function kept({ services }: Program, { assets }: RunView, step: 'image' | 'video'): Promise<Buffer> {
  const asset = assets.find((one) => one.step === step);
  if (!asset) throw new Error(`the run made no ${step}`);
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
  await page.getByRole('button', { name: 'Again' }).click();
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
  await page.getByRole('button', { name: 'Animate' }).click();
  await page.waitForURL(elsewhere);
  await page.locator('.node.video.done').waitFor();
  const video = await delivered(program, runId.parse(page.url().split('/').at(-1)));
  expect((await downloaded(page, 'Download')).equals(await kept(program, video, 'video'))).toBe(true);

  await page.goto(`${address}/credits`);
  expect((await downloaded(page, 'CSV')).toString()).toContain(id);
  expect(faults).toEqual([]);
});
