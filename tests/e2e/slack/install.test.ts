import { expect, test } from 'vitest';
import { Secret } from '../../../src/db/secret.ts';
import { findInstallation, saveInstallation } from '../../../src/db/slackInstallations.ts';
import { describeKeys, listKeyAudit, storeKey } from '../../../src/db/vault.ts';
import { workspaceId } from '../../../src/domain.ts';
import { openAiCanary } from '../../support/canary.ts';
import { startVendors } from '../../support/providers/vendors.ts';
import { install } from '../../support/slack/install.ts';
import { type InSlack, startInSlack } from '../../support/slack/installed.ts';
import { oauth } from '../../support/slack/slack.ts';
import { modalShown, submission, wordsOf } from '../../support/slack/views.ts';

const many = { settings: { botToken: null, oauth } };
const first = workspaceId.parse('slack:T1');
const second = workspaceId.parse('slack:T2');

async function answerTo({ driver }: InSlack, line: string, by: object): Promise<string> {
  const asked = await driver.command(line, by);
  return (await driver.told.first(({ key }) => key === asked.key, `an answer to ${line}`)).text;
}

test('installed over OAuth, a workspace runs with its own token, which rests sealed in the vault', async () => {
  const it = await startInSlack(many);
  const { slack, driver, program } = it;
  expect(await answerTo(it, 'help', { team: 'T1' })).toMatch(/installed again/);
  const { status, page, token } = await install(it, { team: 'T1' });
  expect({ status, page }).toMatchObject({ status: 200, page: expect.stringMatching(/VidGenie is installed/) });
  const found = await findInstallation(program.database.db, program.services.vault.keyring, first);
  expect(found?.token.reveal()).toBe(token);
  expect(
    JSON.stringify(await program.database.db.execute('SELECT * FROM slack_installations, workspace_keys')),
  ).not.toContain(token);

  await driver.command('image a fox', { team: 'T1', token: token ?? '' });
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  expect(finished.token).toBe(token);
  expect(slack.calls.all().filter((call) => call.method !== 'oauth.v2.access' && call.token !== token)).toEqual([]);
  // Every process decrypts the token again and again. The audit record is only for what people do with a key.
  const audit = await listKeyAudit(program.database.db, first, 50);
  expect(audit.map(({ provider, action }) => [provider, action])).toEqual([['slack', 'set']]);
});

test('two workspaces side by side never see each other’s runs, credits or settings', async () => {
  const it = await startInSlack(many);
  const { slack, driver } = it;
  const one = { team: 'T1', token: (await install(it, { team: 'T1' })).token ?? '' };
  const two = { team: 'T2', token: (await install(it, { team: 'T2' })).token ?? '' };
  expect(one.token).not.toBe(two.token);
  await driver.command('image a secret fox', one);
  const told = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  expect(told.token).toBe(one.token);
  await answerTo(it, 'settings --style anime', one);

  const id = /Run (\w{8})/.exec(
    JSON.stringify(await slack.thread(slack.channels.general, String(told.body.message_ts))),
  )?.[1];
  expect(await answerTo(it, 'credits', two)).toMatch(/^100 credits left/);
  expect(await answerTo(it, 'history --everyone', two)).not.toMatch(/secret fox/);
  expect(await answerTo(it, `status ${id}`, two)).toMatch(/no run/);
  expect(await answerTo(it, `cancel ${id}`, two)).toMatch(/no run/);
  expect(await answerTo(it, `status ${id}`, one)).toMatch(/Your image is ready/);
  const actions = /v1:again:[\w-]+:\d+/.exec(JSON.stringify(slack.calls.all().map(({ body }) => body)))?.[0] ?? '';
  const pressed = await driver.interact(
    {
      type: 'block_actions',
      trigger_id: await driver.trigger(two),
      actions: [{ action_id: actions }],
      channel: { id: slack.channels.general },
      message: { ts: '1.1' },
    },
    two,
  );
  expect((await driver.told.first(({ key }) => key === pressed.key, 'an answer')).text).toMatch(/no run/);
  expect(await answerTo(it, 'settings --aspect tall', two)).not.toMatch(/anime/);
});

test('uninstalled, or its token revoked, a workspace loses its token and keys at once, and nobody else does', async () => {
  const it = await startInSlack(many);
  const { slack, driver, program } = it;
  const one = await install(it, { team: 'T1' });
  const two = await install(it, { team: 'T2' });
  const left = async () => {
    const { db } = program.database;
    return [await describeKeys(db, first), await describeKeys(db, second)].map((keys) => keys.length);
  };
  await driver.event({ type: 'tokens_revoked', tokens: { oauth: ['U1'], bot: [] } }, { team: 'T1' });
  slack.revoked.add(one.token ?? '');
  await driver.event({ type: 'app_uninstalled' }, { team: 'T1' });
  await expect.poll(left, { timeout: 20_000 }).toEqual([0, 1]);
  slack.revoked.add(two.token ?? '');
  await driver.event({ type: 'tokens_revoked', tokens: { bot: ['U0VIDGENIE'] } }, { team: 'T2' });
  await expect.poll(left, { timeout: 20_000 }).toEqual([0, 0]);
  expect(await answerTo(it, 'help', { team: 'T1' })).toMatch(/installed again/);
});

const uninstalls = [{ type: 'app_uninstalled' }, { type: 'tokens_revoked', tokens: { bot: ['U0VIDGENIE'] } }];

test('an uninstall that is delivered late or again leaves a newer installation and its keys alone', async () => {
  const it = await startInSlack(many);
  const { slack, driver, program } = it;
  const { db } = program.database;
  const { keyring } = program.services.vault;
  const left = async () => (await describeKeys(db, first)).map(({ provider }) => provider);
  const deliver = async () => {
    for (const event of uninstalls) expect(await driver.event(event, { team: 'T1' })).toMatchObject({ status: 200 });
  };
  slack.revoked.add((await install(it, { team: 'T1' })).token ?? '');
  await deliver();
  expect(await left()).toEqual([]);

  const { token } = await install(it, { team: 'T1' });
  const checked = { by: 'U0ADA', status: 'valid', at: null } as const;
  const slot = { workspaceId: first, provider: 'openai', purpose: 'api_key' } as const;
  await storeKey(db, keyring, slot, new Secret('sk-entered-again-0123456789'), checked);
  await deliver();
  expect((await findInstallation(db, keyring, first))?.token.reveal()).toBe(token);
  expect(await left()).toEqual(['openai', 'slack']);

  slack.revoked.add(token ?? '');
  await deliver();
  expect(await left()).toEqual([]);
});

test('installed anew while Slack is asked about the old token, the new installation stays', async () => {
  const it = await startInSlack(many);
  const { slack, driver, program } = it;
  await install(it, { team: 'T1' });
  const { db } = program.database;
  const { keyring } = program.services.vault;
  const old = await findInstallation(db, keyring, first);
  if (!old) throw new Error('nothing was installed');
  slack.meddle.with = async ({ method }) => {
    if (method !== 'auth.test') return null;
    await saveInstallation(db, keyring, old.installation, new Secret('xoxb-newer'));
    return { error: 'account_inactive' };
  };
  expect(await driver.event({ type: 'app_uninstalled' }, { team: 'T1' })).toMatchObject({ status: 200 });
  expect((await findInstallation(db, keyring, first))?.token.reveal()).toBe('xoxb-newer');
});

test('an uninstall during an outage of Slack is not acknowledged, and deletes everything when it is delivered again', async () => {
  const it = await startInSlack(many);
  const { slack, driver, program } = it;
  const { token } = await install(it, { team: 'T1' });
  const left = async () => (await describeKeys(program.database.db, first)).length;
  for (const fault of ['cut_before', { error: 'fatal_error' }, { retryAfterSeconds: 30 }] as const) {
    slack.meddle.with = ({ method }) => (method === 'auth.test' ? fault : null);
    expect(await driver.event({ type: 'app_uninstalled' }, { team: 'T1' })).toMatchObject({ status: 500 });
    expect(await left()).toBe(1);
  }
  slack.revoked.add(token ?? '');
  expect(await driver.event({ type: 'app_uninstalled' }, { team: 'T1' })).toMatchObject({ status: 200 });
  expect(await left()).toBe(0);
});

test('an org-wide installation serves all of its workspaces as one', async () => {
  const it = await startInSlack(many);
  const { token } = await install(it, { team: '', enterprise: 'E1' });
  const org = { enterprise: 'E1', orgWide: true, token: token ?? '' };
  expect(await answerTo(it, 'settings --style anime', { ...org, team: 'T7' })).toMatch(/anime/);
  expect(await answerTo(it, 'settings --aspect tall', { ...org, team: 'T8' })).toMatch(/anime/);
  expect(await answerTo(it, 'help', { team: 'T7' })).toMatch(/installed again/);
});

test('an org-wide installation goes when the organisation sends it away, and stays when one of its teams does', async () => {
  const it = await startInSlack(many);
  const { slack, driver, program } = it;
  const keysOf = (id: string) => describeKeys(program.database.db, workspaceId.parse(id)).then((keys) => keys.length);
  const askedAbout = () => slack.calls.all().filter(({ method }) => method === 'auth.test').length;
  const one = await install(it, { team: '', enterprise: 'E1' });
  const two = await install(it, { team: '', enterprise: 'E2' });
  const team = await install(it, { team: 'T1' });
  const left = async () => [await keysOf('slack:E1'), await keysOf('slack:E2'), await keysOf('slack:T1')];

  // The first time, we ask about the team's installation. Later it is already gone. We ask about the organisation's, and it still
  // exists.
  slack.revoked.add(team.token ?? '');
  const asked = askedAbout();
  for (const times of [1, 2, 3]) {
    await driver.event({ type: 'app_uninstalled' }, { team: 'T1', enterprise: 'E1' });
    await expect.poll(left, { timeout: 20_000 }).toEqual([1, 1, 0]);
    await expect.poll(askedAbout, { timeout: 20_000 }).toBe(asked + times);
  }
  slack.revoked.add(one.token ?? '');
  await driver.event({ type: 'app_uninstalled' }, { team: 'T1', enterprise: 'E1', orgWide: true });
  await expect.poll(left, { timeout: 20_000 }).toEqual([0, 1, 0]);
  slack.revoked.add(two.token ?? '');
  await driver.event({ type: 'tokens_revoked', tokens: { bot: ['U1'] } }, { team: 'T8', enterprise: 'E2' });
  await expect.poll(left, { timeout: 20_000 }).toEqual([0, 0, 0]);
});

test('a key of one workspace is neither shown to another nor used by it', async () => {
  const vendors = await startVendors();
  const it = await startInSlack({ ...many, environment: vendors.environment });
  const { slack, driver } = it;
  const one = { team: 'T1', token: (await install(it, { team: 'T1' })).token ?? '' };
  const two = { team: 'T2', token: (await install(it, { team: 'T2' })).token ?? '' };
  const own = 'sk-proj-CANARYofTheFirst0123456789abcdONES';
  await driver.command('keys', one);
  const form = await modalShown(slack, /^form:keys$/);
  const saved = await driver.interact(submission(form, { openai: { text: own }, google: {} }), one);
  expect(saved.body).toMatch(/…ONES works/);
  await driver.command('keys', one);
  expect(wordsOf(await modalShown(slack, /^form:keys$/, 1))).toMatch(/…ONES/);
  await driver.command('keys', two);
  expect(wordsOf(await modalShown(slack, /^form:keys$/, 2))).not.toMatch(/…ONES/);
  await driver.command('image a fox', two);
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const paid = vendors.openai.posts(/images/).map(({ headers }) => headers.authorization);
  expect(paid).toEqual([`Bearer ${openAiCanary}`]);
});

test('a forged or foreign state installs nothing', async () => {
  const it = await startInSlack(many);
  const forged = await install(it, { team: 'T1' }, (back, cookie) => {
    back.searchParams.set('state', 'forged');
    return { back, cookie };
  });
  expect(forged).toMatchObject({ status: 400, token: null });
  const foreign = await install(it, { team: 'T1' }, (back) => ({ back, cookie: '' }));
  expect(foreign).toMatchObject({ status: 400, token: null });
  expect(await findInstallation(it.program.database.db, it.program.services.vault.keyring, first)).toBeNull();
});
