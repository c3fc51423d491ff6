import axe from 'axe-core';
import { and, eq } from 'drizzle-orm';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { workspace } from '../../../src/bots/terminal/person.ts';
import { loadRun } from '../../../src/db/runs.ts';
import { type InsteadOf, steps } from '../../../src/db/schema.ts';
import { saveSettings, settingsOf } from '../../../src/db/workspaces.ts';
import { runId } from '../../../src/domain.ts';
import { delivered, submitted } from '../../support/program.ts';
import { noBrowser, sharedBrowser, visit } from '../../support/web/browser.ts';
import { localInstallation } from '../../support/web/installation.ts';
import { cutInDialog, misplaced } from '../../support/web/layout.ts';

const opened = sharedBrowser();

const vendor = {
  extraModels: [
    {
      step: 'video',
      model: 'studio/cine-4k',
      title: 'Cine 4K',
      can: { durations: [4, 8], resolutions: ['720p', '1080p', '4k'], lastFrame: [8] },
    },
    {
      step: 'video',
      model: 'studio/quick-720',
      title: 'Quick',
      can: { durations: [3, 5], resolutions: ['720p'], aspects: ['wide', 'tall'] },
    },
    { step: 'image', model: 'studio/plain', title: 'Plain Painter', can: { qualities: ['standard'] } },
    { step: 'image', model: 'studio/a-model-with-a-name-that-is-longer-than-a-phone-is-wide-2026-11-29' },
  ],
  choice: { aliases: { fast: ['studio/quick-720', 'studio/plain'] } },
} as const;

const installed = async () => (await localInstallation(null, vendor)).start();

const button = (page: Page) => page.getByRole('button', { name: /^Make it/ });
const field = (page: Page) => page.getByRole('button', { name: /^Models/ });
const row = (page: Page, name: RegExp) => page.getByRole('dialog').getByRole('radio', { name });

test('somebody chooses a model with the keyboard alone: the price and the options follow, a change is told, and the run is made with it', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await installed();
  const { page, faults } = await visit(opened());
  await page.goto(address);
  await expect.poll(() => button(page).textContent()).toBe('Make it · 24 credits');
  await page.getByLabel('Your words').fill('a fox');
  await field(page).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Choose the models' });
  await row(page, /^Quick/).waitFor();
  // The search has the focus. An arrow leads to what it found, and a space chooses it.
  await page.keyboard.type('quick');
  await expect.poll(() => dialog.getByRole('radio').count()).toBe(1);
  expect(await dialog.getByRole('status').first().textContent()).toBe('1 model');
  expect(await dialog.locator('.model-why').textContent()).toBe('Makes no 1080p.');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await dialog.getByText('Quick: 720p instead of 1080p.').waitFor();
  await expect.poll(() => dialog.locator('.model-price').textContent()).toBe('12 credits');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await page.evaluate('document.activeElement.className')).toContain('model-button');
  expect(await field(page).textContent()).toContain('Quick · vendor-image');
  await expect.poll(() => button(page).textContent()).toBe('Make it · 18 credits');
  expect(await page.locator('.field.model').getByRole('status').textContent()).toBe('Quick: 720p instead of 1080p.');
  expect(await page.getByRole('radio', { name: '720p' }).isChecked()).toBe(true);
  expect(await page.getByRole('radio', { name: '1080p' }).isDisabled()).toBe(true);
  expect(await page.getByRole('radio', { name: 'Square' }).isDisabled()).toBe(true);
  expect(await page.locator('.barred').textContent()).toBe('Quick does not offer: Square, 1080p, 4K.');

  await button(page).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
  await page.locator('.result video').waitFor();
  expect(await page.locator('.clips .models-used').textContent()).toBe('Model: studio/quick-720');
  expect(await page.locator('.node.image .by-model').textContent()).toBe('Modelvendor-image');
  // A button of the run uses its models again.
  const first = page.url();
  await page.getByRole('button', { name: 'Again · 18 credits' }).click();
  await page.waitForURL((url) => /\/runs\//.test(url.pathname) && url.href !== first);
  const view = await delivered(program, runId.parse(page.url().split('/').at(-1)));
  const used = view.steps.filter(({ kind }) => kind !== 'join').map(({ model }) => model);
  expect([...new Set(used)]).toEqual(['vendor-words', 'vendor-image', 'studio/quick-720']);
  expect(faults).toEqual([]);
});

test('what a choice has changed comes back with the next one, and a model of another kind leaves the first in place', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await installed();
  const { page, faults } = await visit(opened());
  await page.goto(address);
  await field(page).click();
  const notes = page.getByRole('dialog').getByRole('status').last();
  await page.getByRole('button', { name: 'fast' }).click();
  await expect
    .poll(() => notes.textContent())
    .toBe('Quick, Plain Painter: Standard instead of HD, 720p instead of 1080p.');
  expect(await page.getByRole('button', { name: 'fast' }).getAttribute('aria-pressed')).toBe('true');
  await row(page, /^Cine 4K/).check();
  await expect.poll(() => notes.textContent()).toBe('Cine 4K, Plain Painter: Standard instead of HD.');
  expect(await row(page, /^Plain/).isChecked()).toBe(true);
  await page.getByRole('group', { name: 'Image' }).getByRole('radio', { name: 'Automatic' }).check();
  await expect.poll(() => notes.textContent()).toBe('');
  await page.getByRole('button', { name: 'Done' }).click();
  expect(await field(page).textContent()).toContain('Cine 4K · vendor-image');
  await page.getByRole('radio', { name: '4K', exact: true }).check({ force: true });
  await expect.poll(() => button(page).textContent()).toBe('Make it · 42 credits');
  // A workflow without that kind of step asks for none of its models.
  await page.getByRole('radio', { name: 'Image', exact: true }).check({ force: true });
  await expect.poll(() => button(page).textContent()).toBe('Make it · 6 credits');
  await field(page).click();
  await row(page, /^Plain/).waitFor();
  expect(await page.getByRole('dialog').getByRole('group', { name: 'Video' }).count()).toBe(0);
  expect(faults).toEqual([]);
});

test('the last choice is there on the next visit, and if its model is gone, the page says so and makes the run with another', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  let isGone = false;
  const choice = { isGone: () => isGone };
  const { address } = await (await localInstallation(null, { choice })).start();
  const { page, faults } = await visit(opened());
  await page.goto(address);
  await field(page).click();
  await row(page, /^The Other Camera/).check();
  await expect.poll(() => field(page).textContent()).toContain('The Other Camera');
  await page.reload();
  await expect.poll(() => field(page).textContent()).toContain('The Other Camera');
  isGone = true;
  await page.reload();
  // There is one model for each step now, so there is nothing to choose.
  await page.getByLabel('Your words').fill('a fox');
  await page.locator('.make-it[aria-disabled=false]').waitFor();
  expect(await field(page).count()).toBe(0);
  await button(page).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
  for (const garbage of ['{', '7', '{"video":{"a":1},"image":"\\u0000"}', '{"video":"studio/nowhere"}']) {
    isGone = false;
    await page.evaluate(`localStorage.setItem('models ${workspace.id}', ${JSON.stringify(garbage)})`);
    await page.goto(address);
    await expect.poll(() => field(page).textContent()).toContain('vendor-video · vendor-image');
  }
  await expect
    .poll(() => page.locator('.field.model').getByRole('status').textContent())
    .toBe('studio/nowhere is not available here now.');
  await expect.poll(() => button(page).textContent()).toBe('Make it · 24 credits');
  expect(faults).toEqual([]);
});

test('the list has no fault of contrast, names or layout, in light and dark, from a phone to a desktop, in English and French', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await installed();
  const { db } = program.database;
  const settings = await settingsOf(db, workspace.id);
  await saveSettings(db, workspace.id, { ...settings, allowedModels: ['vendor-image', 'studio/plain'] });
  for (const [width, locale] of [
    [320, 'fr-FR'],
    [390, 'en-GB'],
    [1440, 'fr-FR'],
  ] as const) {
    const { page, faults } = await visit(opened(), {
      viewport: { width, height: 844 },
      locale,
      reducedMotion: 'reduce',
    });
    await page.goto(address);
    await page.locator('.model-button').click();
    await page.locator('.model-line').first().waitFor();
    expect(await page.getByRole('dialog').getByRole('radio', { disabled: true }).count()).toBe(2);
    await page.getByRole('radio', { name: /^Quick/ }).check();
    await page
      .getByRole('dialog')
      .getByText(/^Quick ?: /)
      .waitFor();
    expect(await cutInDialog(page)).toEqual([]);
    expect(await misplaced(page), `${width} ${locale}`).toEqual([]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe.source);
      const violations = await page.evaluate<string[]>(
        `axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
      );
      expect(violations, `${width} ${locale} ${colorScheme}`).toEqual([]);
    }
    await page.keyboard.press('Escape');
    expect(await misplaced(page), `${width} ${locale}`).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
  }
});

test('an admin sets default models, allowed models and who adds to the cast, and a member’s form follows', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await installed();
  const { page, faults } = await visit(opened());
  await page.goto(`${address}/admin`);
  await page.getByLabel('Model for videos').selectOption({ label: 'Cine 4K' });
  await page.getByLabel('Model for images').selectOption({ label: 'fast (studio/plain, studio/quick-720)' });
  await page.getByLabel('Who may add to the cast').selectOption({ label: 'Only admins' });
  await page.getByText('Models that members may use: all').click();
  await page.getByLabel('Search models').fill('cine');
  await page.getByLabel('Cine 4K').check();
  await page.getByText('Models that members may use: 1').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).last().click();
  await page.getByText('Saved', { exact: true }).waitFor();
  expect(await settingsOf(program.database.db, workspace.id)).toMatchObject({
    defaults: { models: ['studio/cine-4k', 'fast'] },
    allowedModels: ['studio/cine-4k'],
    castBy: 'admins',
  });
  await page.reload();
  await page.getByText('Models that members may use: 1').waitFor();
  await expect.poll(() => page.getByLabel('Model for videos').inputValue()).toBe('studio/cine-4k');
  expect(await page.getByLabel('Model for images').inputValue()).toBe('fast');
  await page.goto(address);
  await expect.poll(() => field(page).textContent()).toContain('Cine 4K · Plain Painter');
  await field(page).click();
  await expect.poll(() => row(page, /^Quick/).isDisabled()).toBe(true);
  expect(await row(page, /^Plain/).isDisabled()).toBe(false);
  expect(faults).toEqual([]);
});

test('a run says which models made its steps, and which of them took the place of another one', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await installed();
  const insteadOf: InsteadOf = {
    provider: 'vendor',
    model: 'studio/cine-4k',
    failure: 'unavailable',
    heldCredits: 0,
    tried: [],
  };
  const made = async (over: Parameters<typeof submitted>[1], number: number) => {
    const id = await submitted(program, { workspace, ...over });
    await delivered(program, id);
    const step = and(eq(steps.runId, id), eq(steps.number, number));
    await program.database.db.update(steps).set({ insteadOf }).where(step);
    return id;
  };
  const film = await made({}, 3);
  const story = await made({ workflow: 'story', options: { duration: 15, scenes: 2 } }, 4);
  const board = await made({ workflow: 'image', options: { variants: 2 } }, 2);
  const { page, faults } = await visit(opened());
  for (const [id, model] of [
    [film, 'vendor-video'],
    [story, (await loadRun(program.database.db, story))?.steps[3]?.model],
    [board, 'vendor-image'],
  ] as const) {
    await page.goto(`${address}/runs/${id}`);
    await page.getByText(`Made by ${model} instead of studio/cine-4k.`).waitFor();
    expect(await page.locator('.models-used, .by-model').allTextContents(), id).toContainEqual(
      expect.stringContaining('vendor-image'),
    );
    expect(await misplaced(page), id).toEqual([]);
  }
  expect(faults).toEqual([]);
});
