import { expect, test } from 'vitest';
import { workspace } from '../../../src/bots/terminal/person.ts';
import { delivered, submitted } from '../../support/program.ts';
import { noBrowser, sharedBrowser, visit } from '../../support/web/browser.ts';
import { localInstallation } from '../../support/web/installation.ts';
import { covered, cutInDialog, misplaced } from '../../support/web/layout.ts';

const opened = sharedBrowser();

const narrow = { width: 320, height: 640 };
const phone = { width: 390, height: 844 };
const wide = { width: 1440, height: 900 };

const longPrompt = 'A wide river delta seen from a slow airship at dawn, mist lying in the reeds. '.repeat(12).trim();

test('at 320 pixels, in English and in French, no words stand on others, none are cut off, and nothing is wider than the screen', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start();
  const [done, long] = await Promise.all(
    ['a fox in the snow', longPrompt].map((prompt) => submitted(program, { workspace, prompt })),
  );
  for (const id of [done, long]) if (id) await delivered(program, id);
  const views = [
    ['/', '.make-it:not([disabled]) span'],
    [`/runs/${done}`, '.node.video video'],
    [`/runs/${long}`, '.node.video video'],
    ['/gallery', '.tile img'],
    ['/credits', 'tbody tr:nth-child(2)'],
    ['/admin', '.key + .key'],
    ['/nowhere', 'h1'],
  ] as const;
  for (const locale of ['en-GB', 'fr-FR']) {
    const { page } = await visit(opened(), { viewport: narrow, locale, reducedMotion: 'reduce' });
    for (const [path, shows] of views) {
      await page.goto(address + path);
      await page.locator(shows).first().waitFor();
      if (path === '/') await expect.poll(() => page.locator('.why').last().textContent()).not.toBe('');
      expect(await misplaced(page), `${path} in ${locale}`).toEqual([]);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    }
  }
});

test('a dialog shows its buttons whole, on a phone and on a desktop', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start();
  const id = await submitted(program, { workspace, workflow: 'image' });
  await delivered(program, id);
  for (const viewport of [narrow, wide]) {
    const { page } = await visit(opened(), { viewport, reducedMotion: 'reduce' });
    await page.goto(`${address}/runs/${id}`);
    for (const name of ['Edit prompt', 'Delete']) {
      await page.getByRole('button', { name }).click();
      await page.getByRole('dialog').waitFor();
      expect(await cutInDialog(page), `${name} at ${viewport.width}`).toEqual([]);
      await page.keyboard.press('Escape');
    }
  }
});

test('the credits end where their last row does', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation(null)).start();
  for (const viewport of [narrow, wide]) {
    const { page } = await visit(opened(), { viewport });
    await page.goto(`${address}/credits`);
    await page.locator('.plot rect').first().waitFor({ state: 'attached' });
    await page.locator('tbody tr').first().waitFor();
    const beyond = await page.evaluate<number>(`(() => {
      const end = document.querySelector('main').getBoundingClientRect().bottom + scrollY;
      return document.documentElement.scrollHeight - Math.max(end, innerHeight);
    })()`);
    expect(beyond, `at ${viewport.width}`).toBeLessThanOrEqual(1);
  }
});

test('a notice covers nothing that can be pressed, wherever somebody has scrolled to', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation(null)).start();
  for (const viewport of [phone, wide]) {
    const { page } = await visit(opened(), { viewport, reducedMotion: 'reduce' });
    await page.goto(address);
    await page.getByLabel('Your words').fill('a fox');
    await page.locator('.make-it[aria-disabled=false]').waitFor();
    await page.route('**/api/workflow/execute?*', (route) => route.abort());
    for (const scrolled of [0, 160]) {
      await page.evaluate(`scrollTo(0, ${scrolled})`);
      const before = await covered(page, '.head');
      await page.getByLabel('Your words').press('Control+Enter');
      await page.locator('.notice.bad').waitFor();
      // An element that was already scrolled beneath the bar may stay there.
      const worse = (await covered(page, '.head')).filter((one) => !before.includes(one));
      expect(worse, `at ${viewport.width}, ${scrolled} down`).toEqual([]);
      await page.locator('.notice').getByRole('button', { name: 'Close' }).click();
      await page.locator('.notice').waitFor({ state: 'detached' });
    }
  }
});

test('the pictures of the gallery have a pixel for every pixel of a screen of twice the density', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation()).start();
  const shapes = ['wide', 'tall'] as const;
  const ids = await Promise.all(
    shapes.map((aspect) => submitted(program, { workspace, workflow: 'image', options: { aspect } })),
  );
  for (const id of ids) await delivered(program, id);
  for (const viewport of [phone, wide]) {
    const { page } = await visit(opened(), { viewport, deviceScaleFactor: 2 });
    await page.goto(`${address}/gallery`);
    await expect.poll(() => page.locator('.tile img').count()).toBe(shapes.length);
    const pictures = await page.evaluate<{ shown: number; has: number }[]>(`Promise.all(
      [...document.querySelectorAll('.tile img')].map(async (image) => {
        await image.decode();
        const bitmap = await createImageBitmap(await (await fetch(image.currentSrc)).blob());
        return { shown: image.clientWidth * devicePixelRatio, has: bitmap.width };
      }),
    )`);
    for (const { shown, has } of pictures) expect(has, `at ${viewport.width}`).toBeGreaterThanOrEqual(shown - 2);
  }
});
