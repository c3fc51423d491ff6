import { expect, test } from 'vitest';
import { executed } from '../../../src/bots/web/contract/programs.ts';
import { run } from '../../../src/bots/web/contract/run.ts';
import { session } from '../../../src/bots/web/contract/session.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { runs } from '../../../src/db/schema.ts';
import { runId } from '../../../src/domain.ts';
import type { Program } from '../../../src/program.ts';
import type { Discord } from '../../support/discord/discord.ts';
import type { Person } from '../../support/discord/people.ts';
import { startInDiscord } from '../../support/discord/server.ts';
import { expectToldOnce } from '../../support/discord/told.ts';
import { type Channel, readable } from '../../support/discord/world.ts';
import { allDelivered, delivered } from '../../support/program.ts';
import type { Driver } from '../../support/slack/driver.ts';
import { startInSlack } from '../../support/slack/installed.ts';
import { ended } from '../../support/slack/presses.ts';
import { modalShown, wordsOf } from '../../support/slack/views.ts';

const publicUrl = 'http://vidgenie.example';
const json = { 'content-type': 'application/json', origin: publicUrl };

/** Signs in with the secret of a link. Returns the session and its member. */
async function enter(base: string, link: string | undefined) {
  const entered = await fetch(`${base}/enter`, { method: 'POST', headers: json, body: JSON.stringify({ link }) });
  expect(entered.status).toBe(200);
  const headers = { ...json, cookie: entered.headers.get('set-cookie')?.split(';')[0] ?? '' };
  return { headers, who: session.parse(await (await fetch(`${base}/api/session`, { headers })).json()) };
}

async function linkInSlack(driver: Driver): Promise<string | undefined> {
  const asked = await driver.command('web');
  const told = await driver.told.first(({ key }) => key === asked.key, 'a way in');
  return new RegExp(`<${publicUrl}/enter#([0-9a-f]{64})\\|Open VidGenie>`).exec(JSON.stringify(told))?.[1];
}

async function linkInDiscord({ people, ask, replyEphemeral }: Discord, who: Person, channel: Channel) {
  const asked = people.command(who, channel, 'web');
  await ask(asked);
  const words = readable((await replyEphemeral(asked)).components);
  return new RegExp(`\\[Open VidGenie\\]\\(<${publicUrl}/enter#([0-9a-f]{64})>\\)`).exec(words)?.[1];
}

/** Deletes the only run on the page. */
async function deleteOnPage({ database: { db } }: Program, base: string, headers: Record<string, string>) {
  const [row] = await db.select({ id: runs.id }).from(runs);
  const deleting = await fetch(`${base}/api/workflows/${row?.id}`, { method: 'DELETE', headers });
  expect(deleting.status).toBe(200);
  // The worker is done with it.
  await expect.poll(() => checkInvariants(db, { atRest: true })).toEqual([]);
}

test('from Slack into the page: a private link, a session with the rights of the chat, and a run that Slack hears nothing of', async () => {
  const { slack, driver, program, port } = await startInSlack({ publicUrl });
  const link = await linkInSlack(driver);
  expect(JSON.stringify(slack.calls.all())).not.toContain('/enter#');
  const base = `http://127.0.0.1:${port}`;
  const { headers, who } = await enter(base, link);
  expect(who).toMatchObject({ scope: 'admin', by: 'session', workspace: { platform: 'slack' } });

  const before = slack.calls.all().length;
  const body = JSON.stringify({ config: { initialPrompt: 'a red boat', workflowType: 'image-only' } });
  const accepted = await fetch(`${base}/api/workflow/execute`, { method: 'POST', headers, body });
  const { workflowId } = executed.parse(await accepted.json());
  expect(await delivered(program, runId.parse(workflowId))).toMatchObject({
    run: { state: 'succeeded', platform: 'web' },
  });
  const shown = run.parse(await (await fetch(`${base}/api/workflows/${workflowId}`, { headers })).json());
  expect(shown).toMatchObject({ mine: true, member: who.member, threadUrl: null });
  expect(slack.calls.all().slice(before)).toEqual([]);

  const history = await driver.command('history');
  const found = await driver.told.first(({ key }) => key === history.key, 'the history');
  expect(JSON.stringify(found)).toContain('a red boat');
});

test('in Slack only admins are told of tokens, in private', async () => {
  const { slack, driver } = await startInSlack({ publicUrl, worker: false });
  await driver.command('api', { user: slack.people.bob });
  expect(wordsOf(await modalShown(slack, /^told$/))).toMatch(/Only admins may do that/);
  const asked = await driver.command('api --create member --label "nightly films"');
  const told = await driver.told.first(({ key }) => key === asked.key, 'a token');
  expect(JSON.stringify(told)).toMatch(/vg_[0-9a-f]{64}/);
  // The link goes only to the response address of this request, which Slack shows to the requester alone.
  expect(JSON.stringify(slack.calls.all())).not.toContain('vg_');
});

test('from Discord into the page: a link that only the asker sees, a session with the rights of the chat, and a run that Discord hears nothing of', async () => {
  const { discord, guild, channel, program, port } = await startInDiscord(publicUrl);
  const { world } = discord;
  const base = `http://127.0.0.1:${port}`;
  const linkFor = (role: 'member' | 'admin') => linkInDiscord(discord, discord.person(role), channel);
  const [admin, member] = [await enter(base, await linkFor('admin')), await enter(base, await linkFor('member'))];
  const ofServer = { by: 'session', workspace: { id: `discord:${guild.id}`, platform: 'discord' } };
  expect([admin.who, member.who]).toMatchObject([
    { ...ofServer, scope: 'admin' },
    { ...ofServer, scope: 'member', adminUntil: null },
  ]);
  const keys = async ({ headers }: typeof admin) => (await fetch(`${base}/api/keys`, { headers })).status;
  expect([await keys(admin), await keys(member)]).toEqual([200, 403]);

  const before = world.requests.length;
  const body = JSON.stringify({ config: { initialPrompt: 'a red boat', workflowType: 'image-only' } });
  const { headers, who } = member;
  const accepted = await fetch(`${base}/api/workflow/execute`, { method: 'POST', headers, body });
  const { workflowId } = executed.parse(await accepted.json());
  expect(await delivered(program, runId.parse(workflowId))).toMatchObject({
    run: { state: 'succeeded', platform: 'web' },
  });
  const shown = run.parse(await (await fetch(`${base}/api/workflows/${workflowId}`, { headers })).json());
  expect(shown).toMatchObject({ mine: true, member: who.member, threadUrl: null });
  expect(world.requests.slice(before)).toEqual([]);
  expect(world.messagesIn(channel.id)).toEqual([]);
});

test('what is deleted on the page is taken back in Slack', async () => {
  const it = await startInSlack({ publicUrl });
  const { slack, driver, program, port } = it;
  await driver.command('image a fox');
  const at = await ended(it);
  await allDelivered(program);
  const base = `http://127.0.0.1:${port}`;
  const { headers } = await enter(base, await linkInSlack(driver));
  await deleteOnPage(program, base, headers);
  const thread = await slack.thread(at.channel, at.ts);
  expect(thread.flatMap(({ files }) => files ?? [])).toEqual([]);
  expect(thread.filter(({ text }) => text.startsWith('<@'))).toEqual([]);
  for (const { blocks } of thread.slice(0, 2)) expect(wordsOf({ blocks })).toMatch(/Deleted/);
});

test('what is deleted on the page is taken back in Discord', async () => {
  const { discord, channel, program, port } = await startInDiscord(publicUrl);
  const ada = discord.person();
  const asked = discord.people.command(ada, channel, 'image', { prompt: 'a fox' });
  await discord.ask(asked);
  const { thread, root, progress } = await expectToldOnce(discord, asked, /is ready/);
  await allDelivered(program);
  const base = `http://127.0.0.1:${port}`;
  const { headers } = await enter(base, await linkInDiscord(discord, ada, channel));
  await deleteOnPage(program, base, headers);
  expect(discord.world.messagesIn(thread.id)).toEqual([progress]);
  for (const message of [root, progress]) {
    expect(readable(message?.components ?? [])).toMatch(/What this run made was deleted\.$/);
  }
});

test('a message that a chat lets nobody edit keeps no other from being taken back', async () => {
  const it = await startInSlack({ publicUrl });
  await it.driver.command('image a fox');
  const at = await ended(it);
  await allDelivered(it.program);
  const inSlack = await enter(`http://127.0.0.1:${it.port}`, await linkInSlack(it.driver));
  it.slack.meddle.with = ({ method, body }) =>
    method === 'chat.update' && body.ts !== at.ts ? { error: 'not_in_channel' } : null;
  await deleteOnPage(it.program, `http://127.0.0.1:${it.port}`, inSlack.headers);
  expect(wordsOf({ blocks: (await it.slack.thread(at.channel, at.ts))[0]?.blocks })).toMatch(/Deleted/);

  const { discord, channel, program, port } = await startInDiscord(publicUrl);
  const ada = discord.person();
  const asked = discord.people.command(ada, channel, 'image', { prompt: 'a fox' });
  await discord.ask(asked);
  const { root, progress } = await expectToldOnce(discord, asked, /is ready/);
  await allDelivered(program);
  const inDiscord = await enter(`http://127.0.0.1:${port}`, await linkInDiscord(discord, ada, channel));
  const tooOld = { status: 400, body: { code: 30046, message: 'Maximum number of edits' }, headers: {} };
  discord.faults.push({ method: 'PATCH', path: new RegExp(`/messages/${progress?.id}$`), times: 100, answer: tooOld });
  await deleteOnPage(program, `http://127.0.0.1:${port}`, inDiscord.headers);
  expect(readable(root?.components ?? [])).toMatch(/What this run made was deleted\.$/);
});

test('in Discord only admins are told of tokens, which open what they say, and nobody else sees the answer', async () => {
  const { discord, guild, channel, port } = await startInDiscord(publicUrl);
  const { people, world } = discord;
  const told = async (role: 'member' | 'admin', values: Record<string, string>) => {
    const asked = people.command(discord.person(role), channel, 'api', values);
    await discord.ask(asked);
    return readable((await discord.replyEphemeral(asked)).components);
  };
  const wish = { create: 'member', label: 'nightly films' };
  const refused = await told('member', wish);
  expect(refused).toMatch(/Only admins may do that/);
  expect(refused).not.toContain('vg_');
  const answer = await told('admin', wish);
  // Nothing is escaped in a code span, so the copied text is the token itself.
  const token = /`(vg_[0-9a-f]{64})`/.exec(answer)?.[1];
  const headers = { authorization: `Bearer ${token}` };
  const who = session.parse(await (await fetch(`http://127.0.0.1:${port}/api/session`, { headers })).json());
  expect(who).toMatchObject({ scope: 'member', by: 'token', workspace: { id: `discord:${guild.id}` } });
  expect(await told('admin', {})).toMatch(/nightly films/);
  expect(world.messagesIn(channel.id)).toEqual([]);
});
