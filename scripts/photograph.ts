import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const run = promisify(execFile);

/** Renders a page as a picture of the given width, and as high as the page. */
export async function photograph(html: string, path: string, width: number): Promise<void> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width, height: 400 }, deviceScaleFactor: 1.5 });
    await page.setContent(html, { waitUntil: 'load' });
    const taken = await page.screenshot({ fullPage: true });
    await sharp(taken).png({ palette: true, quality: 90, effort: 10 }).toFile(path);
  } finally {
    await browser.close();
  }
}

/** A file in a form that a page can show: an image as it is, or one frame from the middle of a film. */
export async function shownFile(bytes: Uint8Array, mime: string): Promise<string> {
  const image = mime.startsWith('video/') ? await frameOf(bytes) : Buffer.from(bytes);
  const small = await sharp(image).resize({ width: 1_000, withoutEnlargement: true }).jpeg({ quality: 88 }).toBuffer();
  return `data:image/jpeg;base64,${small.toString('base64')}`;
}

async function frameOf(film: Uint8Array): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'vidgenie-frame-'));
  try {
    await writeFile(join(folder, 'film.mp4'), film);
    await run('ffmpeg', ['-loglevel', 'error', '-ss', '4', '-i', 'film.mp4', '-frames:v', '1', 'frame.png'], {
      cwd: folder,
    });
    return await sharp(join(folder, 'frame.png')).png().toBuffer();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
