import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workspace } from '../../../src/bots/terminal/person.ts';
import { openAiCanary } from '../../support/canary.ts';
import { delivered, submitted } from '../../support/program.ts';
import { startOpenAi } from '../../support/providers/openai.ts';
import { deserted } from '../../support/providers/server.ts';
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

/** The faults that axe finds on the page, in words that point to them. */
async function wrongs(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate<string[]>(`axe
    .run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      // People who control a page by voice say the words that they read. For axe this rule is an experiment.
      rules: { 'label-content-name-mismatch': { enabled: true } },
    })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html + ' ' + node.failureSummary)))`);
}

/** Everything that the browser stores and shows of a page. */
const kept = (page: Page) =>
  page.evaluate<string>(`[
    document.documentElement.outerHTML,
    ...[...document.querySelectorAll('input, textarea')].map((field) => field.value),
    JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href, JSON.stringify(history.state),
  ].join(' ')`);

test('on no view, in light or dark, wide or narrow, does axe find anything, and nothing is wider than a phone', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation()).start();
  const id = await submitted(program, { workspace, workflow: 'image', options: { quality: 'standard' } });
  await delivered(program, id);
  const views = [
    ['/', '.run-line img'],
    [`/runs/${id}`, '.node.image img'],
    ['/gallery', '.tile img'],
    ['/credits', 'tbody tr:nth-child(2)'],
    ['/admin', '.key + .key'],
    ['/api/docs', 'article'],
  ] as const;
  for (const colorScheme of ['light', 'dark'] as const) {
    const viewport = colorScheme === 'dark' ? { width: 390, height: 844 } : { width: 1440, height: 900 };
    const { page, faults } = await visit(opened(), { colorScheme, viewport, reducedMotion: 'reduce' });
    for (const [path, shows] of views) {
      await page.goto(address + path);
      await page.locator(shows).first().waitFor();
      expect(await wrongs(page), `${path} in ${colorScheme}`).toEqual([]);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    }
    await page.goto(`${address}/runs/${id}`);
    await page.getByRole('button', { name: 'Edit prompt' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await wrongs(page), 'a dialog').toEqual([]);
    await page.goto(address);
    await page.getByRole('radio', { name: 'Video of your image' }).check();
    await page.getByText('or drop or paste one here').waitFor();
    expect(await wrongs(page), 'a video of an image').toEqual([]);
    expect(faults).toEqual([]);
  }
});

test('the first paint takes less than 40 kB of script and style, all from here, and a second visit asks for none of it', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation()).start();
  const { page, requested } = await visit(opened());
  await page.goto(address);
  await page.getByRole('button', { name: /^Make it · \d+ credits$/ }).waitFor();
  const [sent, raw] = await page.evaluate<[number, number]>(`(async () => {
    // The files that the document names. The next view is loaded afterwards.
    const document = await (await fetch('/')).text();
    const named = [...document.matchAll(/(?:href|src)="([^"]+[.](?:js|css))"/g)].map(([, path]) => path);
    const files = performance.getEntriesByType('resource').filter(({ name }) => named.includes(new URL(name).pathname));
    const sum = (field) => files.reduce((all, file) => all + file[field], 0);
    return [sum('encodedBodySize'), sum('decodedBodySize')];
  })()`);
  expect(sent).toBeGreaterThan(20_000);
  expect(sent).toBeLessThan(40_000);
  expect(raw).toBeLessThan(110_000);
  expect(requested.filter((url) => new URL(url).origin !== address)).toEqual([]);
  const colours = page.getByRole('button', { name: /^Colours/ });
  await colours.click();
  await colours.click();
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
  await page.reload();
  await page.getByRole('button', { name: /^Make it · \d+ credits$/ }).waitFor();
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
  const again = await page.evaluate<number>(`performance.getEntriesByType('resource')
    .filter(({ name }) => /\\.(js|css)$/.test(name)).reduce((all, file) => all + file.transferSize, 0)`);
  expect(again).toBe(0);
});

test('an admin’s key is tried and kept; a bad one is refused; neither is in the document, in storage or in any answer', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const openai = await startOpenAi();
  const { address } = await (await localInstallation({ OPENAI_BASE_URL: `${openai.url}/v1` })).start();
  const { page, bodies, faults } = await visit(opened());
  await page.goto(`${address}/admin`);
  const form = page.locator('form.key').filter({ hasText: 'OpenAI' });
  const save = async (key: string) => {
    await form.getByLabel('OpenAI key').fill(key);
    await form.getByRole('button', { name: /Save|Replace/ }).click();
  };
  const bad = 'sk-proj-CANARYbad0123456789abcdefVUTS';
  openai.fail('GET', /models/, {
    fault: 'status',
    status: 401,
    body: { error: { message: `no ${bad}`, code: 'invalid_api_key' } },
  });
  await save(bad);
  await form.locator('.said.bad').waitFor();
  expect(await form.locator('.said').textContent()).toContain('does not know this key');
  expect(await form.locator('.key-state').textContent()).toBe('No key yet');

  await save(openAiCanary);
  await form.locator('.said.good').waitFor();
  expect(await form.locator('.key-state').textContent()).toContain('…WXYZ');
  expect(await kept(page)).not.toContain('CANARYopenai');
  await page.reload();
  await page.getByText('…WXYZ').waitFor();
  expect(await kept(page)).not.toContain('CANARY');
  const said = (await Promise.all(bodies)).join('\n');
  expect(said).toContain('WXYZ');
  expect(said).not.toContain('CANARY');

  await form.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect.poll(() => form.locator('.key-state').textContent()).toBe('No key yet');
  expect(faults).toEqual([]);
});

test('settings that are saved are what the composer begins with, and blocked words are told before anything is charged', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation()).start();
  const { page } = await visit(opened());
  await page.goto(`${address}/admin`);
  await page.getByLabel('Shape').selectOption('tall');
  await page.getByLabel('Blocked words').fill('dragon\nsword, shield');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await page.locator('.settings .said svg').waitFor();
  await page.getByRole('link', { name: 'Make', exact: true }).click();
  await expect.poll(() => page.getByRole('radio', { name: 'Tall' }).isChecked()).toBe(true);
  await page.getByLabel('Your words').fill('a dragon at dawn');
  await page.locator('.make-it[aria-disabled=false]').click();
  await page.locator('.notice.bad').waitFor();
  expect(await page.locator('.notice.bad').textContent()).toMatch(/dragon|blocked/i);
  expect(await page.locator('.balance strong').textContent()).toBe('100');
});

test('pages that the browser keeps for the way back hold no connection: after many the next one opens like the first', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation()).start();
  const { page, faults } = await visit(opened());
  // A browser has six connections for one server.
  for (const path of ['/', '/gallery', '/credits', '/', '/gallery', '/credits', '/', '/gallery']) {
    await page.goto(address + path);
    await expect.poll(() => page.locator('.balance strong').textContent()).toBe('100');
  }
  expect(faults).toEqual([]);
});

test('whoever is not signed in is told how to get in, in their language, and axe finds nothing there', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const publicUrl = await deserted();
  await (await localInstallation()).start({ publicUrl, port: Number(new URL(publicUrl).port) });
  const { page, faults } = await visit(opened(), { locale: 'fr-FR' });
  await page.goto(`${publicUrl}/gallery`);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Entrez par votre messagerie');
  expect(await page.locator('kbd').textContent()).toBe('/vidgenie web');
  expect(await page.locator('html').getAttribute('lang')).toBe('fr');
  expect(await wrongs(page)).toEqual([]);
  expect(faults).toEqual([]);
});

test('the gallery loads as somebody scrolls, finds words in prompts, keeps them in its address, and opens what it shows', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start({ freeCredits: 1_000 });
  const wishes = Array.from({ length: 27 }, (_, at) => `picture number ${at}`);
  const ids = await Promise.all(
    wishes.map((prompt) =>
      submitted(program, { workspace, workflow: 'image', prompt, options: { quality: 'standard' } }),
    ),
  );
  for (const id of ids) await delivered(program, id);
  const { page, faults } = await visit(opened(), { viewport: { width: 390, height: 844 } });
  await page.goto(`${address}/gallery`);
  await expect.poll(() => page.locator('.tile').count()).toBe(24);
  await page.locator('.tile').last().scrollIntoViewIfNeeded();
  await expect.poll(() => page.locator('.tile').count()).toBe(27);
  await page.getByLabel('Search in prompts').fill('NUMBER 13');
  await expect.poll(() => page.locator('.tile').count()).toBe(1);
  await page.locator('.tile a').click();
  await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('picture number 13');

  // The search is part of the address: back leads to it, then to everything, and forward again.
  await page.goBack();
  await expect.poll(() => new URL(page.url()).search).toBe('?q=NUMBER+13');
  expect(await page.getByLabel('Search in prompts').inputValue()).toBe('NUMBER 13');
  await expect.poll(() => page.locator('.tile').count()).toBe(1);
  await page.getByRole('radio', { name: 'Videos' }).check();
  await page.getByText('Nothing like that was found.').waitFor();
  expect(new URL(page.url()).search).toBe('?q=NUMBER+13&kind=video');
  await page.goBack();
  await expect.poll(() => page.locator('.tile').count()).toBe(1);
  expect(await page.getByRole('radio', { name: 'All' }).isChecked()).toBe(true);
  await page.goBack();
  await expect.poll(() => page.locator('.tile').count()).toBe(24);
  expect(await page.getByLabel('Search in prompts').inputValue()).toBe('');
  await page.goForward();
  await expect.poll(() => page.locator('.tile').count()).toBe(1);
  await page.reload();
  await expect.poll(() => page.locator('.tile').count()).toBe(1);
  expect(await page.getByLabel('Search in prompts').inputValue()).toBe('NUMBER 13');
  expect(faults).toEqual([]);
});
