import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { crc32, inflateRawSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { workspace } from '../../../src/bots/terminal/person.ts';
import { delivered, submitted } from '../../support/program.ts';
import { noBrowser, sharedBrowser, visit } from '../../support/web/browser.ts';
import { localInstallation } from '../../support/web/installation.ts';
import { openWebServer } from '../../support/web/server.ts';

const opened = sharedBrowser();

type Box = { x: number; y: number; width: number; height: number };

async function boxOf(page: Page, selector: string): Promise<Box> {
  const box = await page.locator(selector).first().boundingBox();
  if (!box) throw new Error(`${selector} is not shown`);
  return box;
}

test('the result is what is seen first: on a phone above everything else, on a desktop in most of the page', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start();
  const id = await submitted(program, { workspace });
  await delivered(program, id);
  const phone = await visit(opened(), { viewport: { width: 390, height: 844 }, isMobile: true });
  await phone.page.goto(`${address}/runs/${id}`);
  await phone.page.locator('.node.video video').waitFor();
  const film = await boxOf(phone.page, '.node.video video');
  const title = await boxOf(phone.page, 'h1');
  expect(film.y + film.height).toBeLessThanOrEqual(title.y);
  expect([film.x, film.width]).toEqual([0, 390]);
  for (const other of ['.run-actions', '.standing', '.node.prompt', '.node.image']) {
    expect((await boxOf(phone.page, other)).y, other).toBeGreaterThan(film.y + film.height);
  }

  const desktop = await visit(opened(), { viewport: { width: 1440, height: 900 } });
  await desktop.page.goto(`${address}/runs/${id}`);
  await desktop.page.locator('.node.video video').waitFor();
  const large = await boxOf(desktop.page, '.node.video video');
  expect(large.width).toBeGreaterThan(1440 * 0.6);
  // The picture is whole, without scrolling.
  expect(large.y + large.height).toBeLessThanOrEqual(900);
  expect([...phone.faults, ...desktop.faults]).toEqual([]);
});

test('a press on an image opens it whole; Escape and a press beside it close it, and lead back to where it was opened', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation()).start();
  const id = await submitted(program, { workspace, workflow: 'image', prompt: 'a fox', options: { aspect: 'tall' } });
  const { assets } = await delivered(program, id);
  const { page, faults } = await visit(opened());
  await page.goto(`${address}/runs/${id}`);
  const image = page.getByRole('button', { name: 'Image: a fox' });
  const whole = page.getByRole('dialog', { name: 'Image: a fox' });
  for (const close of [
    () => page.keyboard.press('Escape'),
    () => page.mouse.click(5, 5),
    () => whole.getByRole('button', { name: 'Close' }).click(),
  ]) {
    await image.click();
    const shown = whole.getByRole('img');
    await expect.poll(() => shown.evaluate((it) => Reflect.get(it, 'naturalWidth'))).toBe(assets[0]?.width);
    const { y, height } = await boxOf(page, '.lightbox img');
    expect([y >= 0, y + height <= 900, height > 800]).toEqual([true, true, true]);
    await close();
    await whole.waitFor({ state: 'detached' });
    expect(await image.evaluate('document.activeElement.title')).toBe('Open it whole');
  }
  expect(faults).toEqual([]);
});

type Packed = { name: string; bytes: Buffer };

/** Reads the content of an archive from its directory, and checks every checksum. */
function unzipped(archive: Buffer): Packed[] {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const entries: Packed[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('latin1', at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = inflateRawSync(archive.subarray(start, start + archive.readUInt32LE(at + 20)));
    expect([bytes.length, crc32(bytes)], name).toEqual([archive.readUInt32LE(at + 24), archive.readUInt32LE(at + 16)]);
    entries.push({ name, bytes });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  expect(at).toBe(end);
  return entries;
}

test('Download gives everything that a run made, byte for byte, as one file', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start();
  const id = await submitted(program, { workspace });
  const { assets } = await delivered(program, id);
  const { page, faults } = await visit(opened());
  await page.goto(`${address}/runs/${id}`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download', exact: true }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^vidgenie-[0-9a-f]{4,}\.zip$/);
  const entries = unzipped(await readFile(await download.path()));
  expect(entries.map(({ name }) => name.replace(/-[0-9a-f]{8}/, '')).sort()).toEqual(['image-2.png', 'video-3.mp4']);
  for (const { name, bytes } of entries) {
    const asset = assets.find(({ objectKey }) => objectKey.endsWith(name));
    const kept = await buffer(await program.services.store.open(asset?.objectKey ?? ''));
    expect(bytes.equals(kept), name).toBe(true);
  }
  expect(faults).toEqual([]);
});

test('of a run that is deleted, or somebody else’s, there is nothing to download', async () => {
  const server = await openWebServer({ worker: true });
  const mine = await server.workspace('mine');
  const token = await server.token(mine, 'admin');
  const id = await submitted(server.program, { workspace: mine });
  await delivered(server.program, id);
  const path = `/api/workflows/${id}/media.zip`;
  expect((await server.ask('GET', path, { token })).status).toBe(200);
  const stranger = await server.token(await server.workspace('theirs'), 'admin');
  expect((await server.ask('GET', path, { token: stranger })).status).toBe(404);
  await server.ask('DELETE', `/api/workflows/${id}`, { token });
  expect((await server.ask('GET', path, { token })).status).toBe(404);
});

test('a long prompt shows a few of its lines, and all of it to whoever asks', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const prompt = 'A wide river delta seen from a slow airship at dawn. '.repeat(40).trim();
  const { address, program } = await (await localInstallation(null)).start();
  const id = await submitted(program, { workspace, workflow: 'image', prompt });
  await delivered(program, id);
  for (const viewport of [
    { width: 390, height: 844 },
    { width: 1440, height: 900 },
  ]) {
    const { page } = await visit(opened(), { viewport });
    await page.goto(`${address}/runs/${id}`);
    const node = page.locator('.node.prompt');
    await node.waitFor();
    expect((await boxOf(page, 'h1')).height).toBeLessThan(80);
    expect((await boxOf(page, '.node.prompt')).height).toBeLessThan(320);
    const button = node.getByRole('button', { name: 'Show all' });
    expect(await button.getAttribute('aria-expanded')).toBe('false');
    await button.click();
    const words = node.locator('.node-words');
    expect(await words.evaluate('document.querySelector(".node.prompt .node-words").scrollHeight')).toBe(
      await words.evaluate('document.querySelector(".node.prompt .node-words").clientHeight'),
    );
    await node.getByRole('button', { name: 'Show less' }).click();
    expect((await boxOf(page, '.node.prompt')).height).toBeLessThan(320);
  }
});

test('the page names the demo studio and not its models, and speaks to nobody in flags of a command line', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation()).start({ freeCredits: 20 });
  const id = await submitted(program, { workspace, workflow: 'image' });
  await delivered(program, id);
  const inTechnicalWords = /--[a-z]|demo-[a-z]/;
  const { page } = await visit(opened());
  await page.goto(`${address}/runs/${id}`);
  await page.locator('.node.image img').waitFor();
  expect(await page.locator('.node.image .facts').textContent()).toContain('Demo studio');
  const titles = await page.evaluate<string>(
    `[...document.querySelectorAll('[title]')].map((one) => one.title).join(' ')`,
  );
  expect(`${await page.locator('main').textContent()} ${titles}`).not.toMatch(inTechnicalWords);
  // Sixteen credits are left, and the first offer costs more.
  await page.goto(address);
  await page.getByLabel('Your words').fill('a fox');
  await page.getByText('Not enough credits').waitFor();
  expect(await page.locator('main').textContent()).not.toMatch(inTechnicalWords);
  const quote = await fetch(`${address}/api/quote?workflow=story&duration=8`);
  const { sentence } = z.object({ sentence: z.string() }).parse(await quote.json());
  expect(sentence).toContain('Demo studio');
  expect(sentence).not.toMatch(inTechnicalWords);
});
