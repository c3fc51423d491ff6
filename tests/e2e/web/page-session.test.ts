import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deserted } from '../../support/providers/server.ts';
import { type InSlack, startInSlack } from '../../support/slack/installed.ts';
import { launchBrowser, noBrowser, visit } from '../../support/web/browser.ts';

let browser: Browser | null = null;

beforeAll(async () => {
  if (noBrowser === null) browser = await launchBrowser();
});
afterAll(() => browser?.close());

function opened(): Browser {
  if (!browser) throw new Error('the browser is not open');
  return browser;
}

type WithPage = InSlack & { publicUrl: string };

/** VidGenie in a Slack, with its page at its public address. */
async function startWithPage(): Promise<WithPage> {
  const publicUrl = await deserted();
  return { ...(await startInSlack({ publicUrl, port: Number(new URL(publicUrl).port) })), publicUrl };
}

/** Makes an image in Slack as a person would. Resolves with the permalink of its final message. */
async function made({ slack, driver }: InSlack, user: string, prompt: string): Promise<string> {
  const ends = () => slack.calls.all().filter(({ method }) => method === 'chat.getPermalink');
  const before = ends().length;
  await driver.command(`image ${prompt} --quality standard`, { user });
  await slack.calls.first(() => ends().length > before, 'the end of the run');
  return String(ends().at(-1)?.answer.permalink);
}

/** The text with which `/vidgenie web` answers a person. */
async function linkFor({ driver, publicUrl }: WithPage, user: string): Promise<string> {
  const asked = await driver.command('web', { user });
  const told = await driver.told.first(({ key }) => key === asked.key, 'a way in');
  const [link] = new RegExp(`${publicUrl}/enter#[0-9a-f]{64}`).exec(JSON.stringify(told)) ?? [];
  if (link === undefined) throw new Error(`there is no link in ${JSON.stringify(told)}`);
  return link;
}

async function enter(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('button', { name: 'Open VidGenie' }).click();
  await page.waitForURL(new URL('/', link).href);
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

const views = (page: Page) => page.getByRole('navigation').getByRole('link').allTextContents();

/** Expects the sign-in page, and nothing of the page before. */
async function expectOutside(page: Page, before: string): Promise<void> {
  await page.getByRole('heading', { name: 'Come in through your chat' }).waitFor();
  expect(await page.title()).toBe('VidGenie');
  expect(await page.content()).not.toContain(before);
}

test('a run from chat gives the link to its thread to the clipboard; where the browser refuses that, it can be copied by hand', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const it = await startWithPage();
  const { slack, publicUrl: origin } = it;
  const permalink = await made(it, slack.people.ada, 'a red boat');
  const { page, faults } = await visit(opened());
  await enter(page, await linkFor(it, slack.people.ada));
  await page.getByRole('link', { name: 'a red boat' }).click();
  const copy = page.getByRole('button', { name: 'Copy link to thread' });

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  await copy.click();
  await page.getByText('The link is copied.').waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(permalink);

  // The browser denies every permission that is not named.
  await page.context().clearPermissions();
  await page.context().grantPermissions(['clipboard-read'], { origin });
  await copy.click();
  const dialog = page.getByRole('dialog', { name: 'Copy the link from here' });
  expect(await dialog.getByRole('textbox').inputValue()).toBe(permalink);
  expect(await page.evaluate('String(getSelection())')).toBe(permalink);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  expect(faults).toEqual([]);
});

test('a member comes in once by the link of their chat, sees what they made and no admin’s view, and is out for good after signing out', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const it = await startWithPage();
  const { ada, bob } = it.slack.people;
  await made(it, ada, 'a red boat');
  await made(it, bob, 'a blue kite');
  const { page, bodies, faults } = await visit(opened());
  const link = await linkFor(it, bob);
  await enter(page, link);
  await page.getByRole('link', { name: 'a blue kite' }).waitFor();
  expect(await views(page)).toEqual(['Make', 'Gallery', 'Cast', 'Credits']);
  await page.goto(`${it.publicUrl}/admin`);
  await page.getByLabel('Your words').waitFor();
  expect(await page.getByRole('heading', { name: 'Keys' }).count()).toBe(0);
  await page.getByRole('link', { name: 'Gallery', exact: true }).click();
  await expect.poll(() => page.locator('.tile').allTextContents()).toEqual(['a blue kite']);
  expect(await page.getByLabel('Made for').count()).toBe(0);
  await page.locator('.tile a').click();
  await page.getByRole('heading', { name: 'a blue kite' }).waitFor();
  expect((await Promise.all(bodies)).join('\n')).not.toContain('a red boat');

  const late = await visit(opened());
  await late.page.goto(link);
  await late.page.getByRole('button', { name: 'Open VidGenie' }).click();
  await late.page.getByText('This link does not open anything any more. A link serves once').waitFor();
  expect(await late.page.getByRole('button').count()).toBe(0);
  await late.page.goto(it.publicUrl);
  await expectOutside(late.page, 'a blue kite');

  const beside = await page.context().newPage();
  await beside.goto(page.url());
  await beside.getByRole('heading', { name: 'a blue kite' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expectOutside(page, 'a blue kite');
  await page.goBack({ waitUntil: 'commit' });
  expect(page.url()).toMatch(/\/runs\//);
  await expectOutside(page, 'a blue kite');
  await page.reload();
  await expectOutside(page, 'a blue kite');
  await beside.getByRole('link', { name: 'Gallery', exact: true }).click();
  await expectOutside(beside, 'a blue kite');
  expect([...faults, ...late.faults]).toEqual([]);
});

test('an admin comes in with an admin’s views, sees what everybody made, and narrows it to one member', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const it = await startWithPage();
  const { ada, bob } = it.slack.people;
  await made(it, ada, 'a red boat');
  await made(it, bob, 'a blue kite');
  await made(it, bob, 'a green hat');
  const { page, faults } = await visit(opened());
  await enter(page, await linkFor(it, ada));
  expect(await views(page)).toEqual(['Make', 'Gallery', 'Cast', 'Credits', 'Admin']);
  await page.getByRole('link', { name: 'Admin', exact: true }).click();
  await page.getByRole('heading', { name: 'Keys' }).waitFor();

  await page.getByRole('link', { name: 'Gallery', exact: true }).click();
  const shown = () => page.locator('.tile').allTextContents();
  await expect.poll(shown).toEqual(['a green hat', 'a blue kite', 'a red boat']);
  const choice = page.getByLabel('Made for');
  await choice.selectOption({ label: 'bob' });
  await expect.poll(shown).toEqual(['a green hat', 'a blue kite']);
  await choice.selectOption({ label: 'admin' });
  await expect.poll(shown).toEqual(['a red boat']);
  await choice.selectOption({ label: 'Everybody' });
  await expect.poll(shown).toEqual(['a green hat', 'a blue kite', 'a red boat']);
  expect(faults).toEqual([]);
});
