import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, devices, type Page } from 'playwright-core';
import sharp from 'sharp';
import { member, workspace } from '../src/bots/terminal/person.ts';
import { startLocalPage } from '../src/bots.ts';
import { readConfig } from '../src/config.ts';
import type { RunOptions, Workflow } from '../src/domain.ts';
import { createLog } from '../src/observability/log.ts';
import { openProgram, type Program } from '../src/program.ts';

/**
 * Makes the README's pictures of the page from real runs of the demo studio, in the system's Chromium: `node
 * scripts/make-page-pictures.ts`. Each is `docs/images/page-….jpg`.
 */
const here = fileURLToPath(new URL('../docs/images/', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'vidgenie-pictures-'));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];

/** The runs of the gallery, the latest last. */
const wishes: readonly { workflow: Workflow; prompt: string; options: Partial<RunOptions> }[] = [
  { workflow: 'image', prompt: 'A desert under the stars', options: { aspect: 'wide' } },
  { workflow: 'image', prompt: 'A lighthouse in a storm, waves breaking over the rocks', options: { aspect: 'tall' } },
  { workflow: 'image', prompt: 'A city in the rain at night', options: { aspect: 'wide', style: 'cinematic' } },
  {
    workflow: 'image',
    prompt: 'Mountains at sunset, a lake in front',
    options: { aspect: 'square', style: 'watercolor' },
  },
  { workflow: 'image', prompt: 'A whale in the deep sea', options: { aspect: 'wide', style: 'natural' } },
  { workflow: 'complete', prompt: 'A fox in the snow, at first light', options: { duration: 5, resolution: '720p' } },
];

const program = await openProgram(
  readConfig({ VIDGENIE_HOME: join(folder, '.vidgenie'), FREE_CREDITS: '200', PORT: '0' }),
  createLog('warn', true),
  { worker: true },
);
const local = await startLocalPage(program, createLog('warn', true), { workspace, member: { ...member, name: 'Ada' } });
const browser = await chromium.launch({ executablePath, args: flags });
try {
  let last = '';
  for (const wish of wishes) last = await made(program, wish);
  await picture(browser, 'make', { scheme: 'light' }, async (page) => {
    await page.goto(local.address);
    await page.getByLabel('Your words').fill('A paper boat drifting down a rainy street');
    await page.locator('.make-it[aria-disabled=false]').waitFor();
  });
  await picture(browser, 'run', { scheme: 'light' }, async (page) => {
    await page.goto(`${local.address}/runs/${last}`);
    await playing(page);
  });
  await picture(browser, 'gallery', { scheme: 'dark' }, async (page) => {
    await page.goto(`${local.address}/gallery`);
    await page
      .locator('.tile')
      .nth(wishes.length - 1)
      .waitFor();
  });
  await picture(browser, 'make-phone', { scheme: 'dark', device: 'Pixel 7' }, async (page) => {
    await page.goto(local.address);
    await page.getByLabel('Your words').fill('A paper boat drifting down a rainy street');
    await page.locator('.make-it[aria-disabled=false]').waitFor();
  });
  await picture(browser, 'run-phone', { scheme: 'light', device: 'Pixel 7' }, async (page) => {
    await page.goto(`${local.address}/runs/${last}`);
    // A film plays by itself only while it is visible.
    await page.locator('.node.video video').scrollIntoViewIfNeeded();
    await playing(page);
  });
  await working(browser, local.address);
} finally {
  await browser.close();
  await local.stop();
  await program.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);

async function made({ services }: Program, { workflow, prompt, options }: (typeof wishes)[number]): Promise<string> {
  const outcome = await services.submit({
    workspace,
    member: { ...member, name: 'Ada' },
    workflow,
    prompt,
    options,
    image: null,
    requestKey: crypto.randomUUID(),
    conversation: {},
    platform: 'web',
  });
  if (outcome.outcome !== 'accepted') throw new Error(`"${prompt}" was not accepted: ${outcome.outcome}`);
  for await (const view of services.watch(outcome.runId)) if (view.run.settledAt) break;
  return outcome.runId;
}

async function playing(page: Page): Promise<void> {
  const video = page.locator('.node.video video');
  await video.waitFor();
  while (Number(await video.evaluate((it) => Reflect.get(it, 'currentTime'), undefined, { timeout: 5_000 })) < 3.2) {
    await page.waitForTimeout(100);
  }
}

/** Takes pictures of the canvas while it moves. */
async function working(browser: Browser, address: string): Promise<void> {
  await picture(browser, 'working', { scheme: 'dark' }, async (page) => {
    await page.goto(address);
    await page.getByLabel('Your words').fill('A lighthouse in a storm');
    await page.locator('.make-it[aria-disabled=false]').click();
    await page.locator('.node.video.working').waitFor({ timeout: 60_000 });
    await page.locator('.node.image img').waitFor();
    await page.waitForTimeout(4_000);
  });
}

type How = { scheme: 'light' | 'dark'; device?: 'Pixel 7' };

async function picture(
  browser: Browser,
  name: string,
  how: How,
  prepare: (page: Page) => Promise<void>,
): Promise<void> {
  const size = how.device ? devices[how.device] : { viewport: { width: 1440, height: 900 } };
  const visit = await browser.newContext({ ...size, colorScheme: how.scheme, locale: 'en-GB' });
  const page = await visit.newPage();
  await prepare(page);
  await page.mouse.move(0, 0);
  await page.waitForTimeout(600);
  const png = await page.screenshot();
  await sharp(png)
    .resize({ width: how.device ? 540 : 1440 })
    .jpeg({ quality: 84, mozjpeg: true })
    .toFile(join(here, `page-${name}.jpg`));
  if (process.env.PICTURES_AS_PNG) await sharp(png).toFile(join(process.env.PICTURES_AS_PNG, `page-${name}.png`));
  await visit.close();
}
