import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { workspace } from '../../../src/bots/terminal/person.ts';
import { creditTransactions } from '../../../src/db/schema.ts';
import { noBrowser, sharedBrowser, visit } from '../../support/web/browser.ts';
import { localInstallation } from '../../support/web/installation.ts';
import { openWebServer } from '../../support/web/server.ts';

const opened = sharedBrowser();

test('the owner of a local installation adds credits on the page, once for a press, however often it is repeated', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address, program } = await (await localInstallation(null)).start();
  const { page, faults } = await visit(opened());
  await page.goto(`${address}/admin`);
  await page.getByLabel('How many').fill('250');
  // The first answer gets lost on its way back, after the server has carried out the request.
  await page.route(
    '**/api/credits/grant',
    async (route) => {
      await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );
  const add = page.getByRole('button', { name: 'Add credits' });
  await add.dblclick();
  await page.locator('.said.bad').waitFor();
  await add.click();
  await page.getByText('250 credits added: 350 left.').waitFor();
  await expect.poll(() => page.locator('.balance strong').textContent()).toBe('350');
  const rows = await program.database.db
    .select()
    .from(creditTransactions)
    .where(eq(creditTransactions.workspaceId, workspace.id));
  expect(rows.map(({ kind, amount }) => [kind, amount])).toEqual([
    ['grant', 100],
    ['grant', 250],
  ]);
  expect(rows[1]?.idempotencyKey).toMatch(/^operator:/);
  expect(faults).toEqual([]);
});

test('the owner of a local installation makes a token on the page, which opens the API, is shown once, and is revoked there', async ({
  skip,
}) => {
  skip(noBrowser !== null, noBrowser ?? '');
  const { address } = await (await localInstallation(null)).start();
  const { page, faults } = await visit(opened());
  await page.goto(`${address}/admin`);
  await page.getByLabel('What it is for').fill('the website');
  await page.getByLabel('Rights').selectOption({ label: 'Operator' });
  await page.getByRole('button', { name: 'Make a token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your new token' });
  const token = await dialog.getByRole('textbox').inputValue();
  const session = async () => {
    const answer = await fetch(`${address}/api/session`, { headers: { authorization: `Bearer ${token}` } });
    return { status: answer.status, text: await answer.text() };
  };
  expect(await session()).toMatchObject({ status: 200, text: expect.stringContaining('"scope":"operator"') });
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await page.content()).not.toContain(token);
  await page.reload();
  await page.getByText(`Operator · …${token.slice(-4)}`).waitFor();
  expect(await page.content()).not.toContain(token);

  await page.getByRole('button', { name: 'Revoke: the website' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.locator('.token-list li').waitFor({ state: 'detached' });
  expect((await session()).status).toBe(401);
  expect(faults).toEqual([]);
});

test('no token makes another, no admin grants credits, and nobody makes a token that may more than they do', async () => {
  const server = await openWebServer();
  const mine = await server.workspace('mine', 50);
  const make = (token: string, scope: string) =>
    server.ask('POST', '/api/tokens', { token, body: { scope, label: 'another' } });
  for (const scope of ['member', 'admin', 'operator'] as const) {
    const token = await server.token(mine, scope);
    expect((await make(token, 'member')).status, scope).toBe(403);
    const granted = await server.ask('POST', '/api/credits/grant', { token, body: { amount: 5 } });
    expect(granted.status, scope).toBe(scope === 'operator' ? 200 : 403);
  }
  const token = await server.token(mine, 'operator');
  const headers = { 'idempotency-key': 'once' };
  const grant = (amount: number) => server.ask('POST', '/api/credits/grant', { token, headers, body: { amount } });
  expect((await grant(7)).json()).toMatchObject({ balance: 62, repeated: false });
  expect((await grant(7)).json()).toMatchObject({ balance: 62, repeated: true });
  expect((await grant(8)).json()).toMatchObject({ status: 409, reason: 'key_reused' });
  for (const amount of [0, -5, 1.5, 1_000_001]) expect((await grant(amount)).status, String(amount)).toBe(400);
});
