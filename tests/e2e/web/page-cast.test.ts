import { readFile } from 'node:fs/promises';
import axe from 'axe-core';
import { expect, inject, test } from 'vitest';
import { castList } from '../../../src/bots/web/contract/cast.ts';
import { loadRun } from '../../../src/db/runs.ts';
import { runId } from '../../../src/domain.ts';
import { noBrowser, sharedBrowser, visit } from '../../support/web/browser.ts';
import { localInstallation } from '../../support/web/installation.ts';
import { misplaced } from '../../support/web/layout.ts';
import { openWebServer } from '../../support/web/server.ts';

const opened = sharedBrowser();

test('the cast is the workspace’s: its members see it with its pictures, whoever added an entry removes it, and nobody of another workspace meets it', async () => {
  const server = await openWebServer();
  const workspace = await server.workspace('mine');
  const [ada, bob] = [await server.token(workspace, 'member'), await server.token(workspace, 'member')];
  const stranger = await server.token(await server.workspace('theirs'), 'operator');
  const bytes = await readFile(inject('vendorMedia').image);
  const image = `data:image/png;base64,${bytes.toString('base64')}`;
  const add = (body: object, headers = {}) => server.ask('POST', '/api/cast', { token: ada, body, headers });
  const listed = async (token: string) => castList.parse((await server.ask('GET', '/api/cast', { token })).json());
  const fox = { name: '@Fox', kind: 'character', description: 'a red fox', images: [image, image], mayUse: true };

  expect((await add({ ...fox, mayUse: false })).status).toBe(400);
  expect((await add({ ...fox, images: [] })).status).toBe(400);
  const far = await add({ ...fox, images: ['https://example.com/fox.png'] });
  expect(far.json()).toMatchObject({ status: 400, reason: 'only_data_url', option: 'images' });
  const text = `data:image/png;base64,${Buffer.from('no image').toString('base64')}`;
  expect((await add({ ...fox, images: [image, text] })).status).toBe(422);
  expect((await listed(ada)).cast).toEqual([]);

  const once = { 'idempotency-key': 'once' };
  expect((await add(fox, once)).json()).toMatchObject({ success: true, entry: { name: 'fox', images: [{}, {}] } });
  expect((await add(fox, once)).json()).toMatchObject({ success: true, entry: { name: 'fox' } });
  expect((await add({ ...fox, name: 'fox' })).json()).toMatchObject({ status: 409, title: 'There is a @fox already' });
  expect((await listed(bob)).cast).toMatchObject([{ name: 'fox', kind: 'character', mayRemove: false }]);
  expect((await listed(stranger)).cast).toEqual([]);

  // The model looks at two pictures, and this would be a third.
  const config = { workflowType: 'image-only', initialPrompt: '@fox asleep', referenceImage: image };
  const tooMany = await server.ask('POST', '/api/workflow/execute', { token: ada, body: { config } });
  expect(tooMany.json()).toMatchObject({ status: 409, reason: 'too_many_references' });
  expect((await server.ask('GET', '/api/credits', { token: ada })).json()).toMatchObject({ held: 0 });

  const [url = ''] = (await listed(ada)).cast.flatMap(({ images }) => images.map((one) => one.url));
  const shown = await server.ask('GET', url);
  expect([shown.status, shown.headers['content-type']]).toEqual([200, 'image/png']);
  const [path = ''] = url.split('?');
  expect((await server.ask('GET', path, { token: bob })).status).toBe(200);
  expect((await server.ask('GET', path, { token: stranger })).status).toBe(404);

  const remove = (token: string) => server.ask('DELETE', '/api/cast/fox', { token });
  expect((await remove(stranger)).status).toBe(404);
  expect((await remove(bob)).status).toBe(403);
  expect((await remove(ada)).status).toBe(200);
  expect((await remove(ada)).status).toBe(404);
  expect((await server.ask('GET', url)).status).toBe(404);
});

test('somebody adds to the cast on the page, picks the name with the keyboard while typing, and the run follows the pictures', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start();
  const { page, faults } = await visit(opened(), { viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' });
  await page.goto(`${address}/cast`);
  await page.getByRole('button', { name: 'Add to the cast' }).click();
  const dialog = page.getByRole('dialog');
  const add = dialog.getByRole('button', { name: 'Add to the cast' });
  await dialog.getByLabel('Name').fill('fox');
  const buffer = await readFile(inject('vendorMedia').image);
  await dialog.locator('input[type=file]').setInputFiles({ name: 'fox.png', mimeType: 'image/png', buffer });
  await dialog.getByAltText('Picture 1').waitFor();
  await add.click();
  // A refusal stands in the form, and what was typed stays.
  await dialog.getByText('May you use this likeness?').waitFor();
  expect(await misplaced(page)).toEqual([]);
  await dialog.getByLabel('I may use this likeness').check();
  await add.click();
  await page.getByRole('heading', { name: '@fox' }).waitFor();
  await page.getByAltText('@fox, picture 1').waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe.source);
    const violations = await page.evaluate<string[]>(
      `axe.run(document).then(({ violations }) => violations.map(({ id }) => id))`,
    );
    expect(violations, colorScheme).toEqual([]);
  }

  await page.goto(address);
  await page.getByRole('radio', { name: 'Image', exact: true }).check({ force: true });
  const field = page.getByLabel('Your words');
  await field.pressSequentially('mail me@f, or paint @f');
  await page.getByRole('option', { name: '@fox' }).waitFor();
  await field.press('Enter');
  await field.pressSequentially('asleep');
  expect(await field.inputValue()).toBe('mail me@f, or paint @fox asleep');
  await page.getByRole('button', { name: /^Make it · \d+ credits$/ }).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
  const made = await loadRun(program.database.db, runId.parse(page.url().split('/').at(-1)));
  expect(made?.run.cast).toMatchObject([{ name: 'fox' }]);
  expect(faults).toEqual([]);
});
