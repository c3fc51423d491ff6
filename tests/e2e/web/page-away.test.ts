import { expect, test } from 'vitest';
import { noBrowser, sharedBrowser, visit } from '../../support/web/browser.ts';
import { localInstallation } from '../../support/web/installation.ts';

const opened = sharedBrowser();

test('what was opened while the server was away fills by itself when it is back: the composer, and views whose code had not come', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const installation = await localInstallation();
  const before = await installation.start();
  const { page } = await visit(opened());
  // The page has come, and what the composer has to know of the server has not.
  const isGone = Promise.withResolvers<void>();
  await page.route('**/api/options', async (route) => {
    await isGone.promise;
    await route.continue();
  });
  await page.goto(before.address);
  await page.getByLabel('Your words').waitFor();
  await before.stop();
  isGone.resolve();
  await page.getByText('This goes on by itself').waitFor();
  await page.getByRole('link', { name: 'Gallery', exact: true }).click();
  await page.locator('.away').waitFor();
  const beside = await page.context().newPage();
  await beside.route('**/api/session', (route) => route.abort());
  await page.getByRole('link', { name: 'Make', exact: true }).click();
  await page.getByText('This goes on by itself').waitFor();

  const after = await installation.start({ port: Number(new URL(before.address).port) });
  expect(after.address).toBe(before.address);
  await expect.poll(() => page.getByRole('button', { name: /^Make it/ }).textContent()).toContain('24 credits');
  await page.getByRole('link', { name: 'Gallery', exact: true }).click();
  await page.getByText('Nothing has been made here yet.').waitFor();

  // A page that could not learn who is signed in behaves the same.
  await beside.goto(after.address);
  await beside.getByRole('heading', { name: 'VidGenie does not answer' }).waitFor();
  await beside.unroute('**/api/session');
  await beside.getByLabel('Your words').waitFor();
});

test('a view whose code the server has no more, for it was renewed, comes with the page of now', async ({ skip }) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation()).start();
  const { page } = await visit(opened());
  await page.goto(address);
  await page.getByLabel('Your words').waitFor();
  await page.route('**/gallery.js', (route) => route.fulfill({ status: 404 }), { times: 1 });
  await page.getByRole('link', { name: 'Gallery', exact: true }).click();
  await page.getByText('Nothing has been made here yet.').waitFor();
  expect(new URL(page.url()).pathname).toBe('/gallery');
});

test('an address where there is nothing says so, in the language of who asks and without a sign-in, and leads on', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation()).start();
  const { page, faults } = await visit(opened(), { locale: 'fr-FR' });
  for (const path of ['/nowhere', '/runs/nothing', '/gallery/of/others']) {
    const answer = await page.goto(address + path);
    expect([path, answer?.status()]).toEqual([path, 404]);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Il n’y a rien ici');
  }
  await page.getByRole('link', { name: 'Créer quelque chose' }).click();
  await page.getByLabel('Vos mots').waitFor();
  const program = await fetch(`${address}/nowhere`);
  expect([program.status, program.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  expect(faults).toEqual([]);
});
