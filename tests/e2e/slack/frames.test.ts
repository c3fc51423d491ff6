import { expect, onTestFinished, test } from 'vitest';
import { createHttpServer } from '../../../src/bots/http.ts';
import { startBots } from '../../../src/bots.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { createLog } from '../../../src/observability/log.ts';
import { allDelivered, submitted } from '../../support/program.ts';
import { createDriver } from '../../support/slack/driver.ts';
import { type InSlack, startInSlack } from '../../support/slack/installed.ts';
import { answerTo, buttonsOf, ended, press } from '../../support/slack/presses.ts';
import { modalShown, submission, wordsOf } from '../../support/slack/views.ts';

type At = { channel: string; ts: string };

/** The buttons of the progress message in a thread. */
async function buttonsAt({ slack }: InSlack, at: At) {
  const [, progress] = await slack.thread(at.channel, at.ts);
  return { progress, buttons: buttonsOf(progress?.blocks) };
}

const childrenOf = async ({ program }: InSlack) => [
  ...(await program.database.db.execute(
    `SELECT workflow, member_id AS member, parent_step AS step FROM runs WHERE parent_id IS NOT NULL ORDER BY created_at`,
  )),
];

/** The same installation in another process, which has seen no message so far. */
async function restarted({ slack, installation }: InSlack) {
  const program = await installation.open({ worker: false, config: { slack: slack.settings } });
  const http = createHttpServer();
  onTestFinished(await startBots(program, createLog('silent', false), http));
  return { driver: await createDriver(slack, http.port() ?? 0) };
}

const frames = 'complete a fox --frames 4 --quality standard';

test('a member chooses one of four frames in a carousel: the press starts its video, and a second press does nothing', async () => {
  const it = await startInSlack();
  const { slack, driver, program } = it;
  const { ada, bob } = slack.people;
  await driver.command(frames);
  const at = await ended(it);
  const { progress, buttons } = await buttonsAt(it, at);
  const carousel = progress?.blocks?.find(({ type }) => type === 'carousel');
  expect(carousel?.elements).toHaveLength(4);
  expect(JSON.stringify(carousel)).toMatch(/slack_file.*Image 1.*"1 · \d+ credits".*slack_file.*Image 4/);
  const second = buttons.find(({ label }) => label.startsWith('2 ·'));
  const price = Number(/· (\d+) credits/.exec(second?.label ?? '')?.[1]);
  const name = second?.name ?? '';

  const before = await slack.thread(at.channel, at.ts);
  const balance = async () => Number(/^(\d+) credits left/.exec(await answerTo(it, 'credits'))?.[1]);
  const held = await balance();
  const first = await press(it, name, at);
  const told = async ({ key }: { key: string }) =>
    (await driver.told.first((one) => one.key === key, 'an answer')).text;
  expect(await told(first)).toMatch(new RegExp(`${price} credits held`));
  expect(await told(await press(it, name, at))).toMatch(/asked for already/);
  expect(await told(await press(it, name, at, { user: bob }))).toMatch(/credits held/);
  await ended(it, 2);
  await allDelivered(program);
  expect(await childrenOf(it)).toEqual([
    { workflow: 'video', member: ada, step: 3 },
    { workflow: 'video', member: bob, step: 3 },
  ]);
  expect(await balance()).toBe(held - 2 * price);
  const after = await slack.thread(at.channel, at.ts);
  // Each video has a first message, a progress message, a file and a mention of its member.
  expect(after).toHaveLength(before.length + 8);
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
});

test('every button and every entry of the menu works after a restart; what names a run of somebody else does nothing', async () => {
  const it = await startInSlack();
  await it.driver.command(frames);
  const at = await ended(it);
  const { buttons } = await buttonsAt(it, at);
  const kinds = new Set(buttons.map(({ name }) => name.split(':')[1]));
  expect(kinds).toEqual(new Set(['animate', 'again', 'edit', 'change', 'vary', 'better', 'remix', 'delete']));
  const asking = ['edit', 'change', 'remix'];
  const later = await restarted(it);
  const opened = () => it.slack.calls.all().filter(({ method }) => method === 'views.update').length;
  // The deletion of everything comes last.
  const inOrder = buttons.toSorted((a, b) => Number(a.name.includes(':delete:')) - Number(b.name.includes(':delete:')));
  for (const { name, inMenu } of inOrder) {
    const before = opened();
    const { key } = await press(later, name, at, { inMenu });
    if (asking.includes(name.split(':')[1] ?? '')) await expect.poll(opened, { timeout: 10_000 }).toBe(before + 1);
    else await later.driver.told.first((one) => one.key === key, `an answer to ${name}`);
  }
  const forms = it.slack.calls.all().filter(({ method }) => method === 'views.update');
  expect(new Set(forms.map(({ body }) => /"callback_id":"(\w+):/.exec(JSON.stringify(body.view))?.[1]))).toEqual(
    new Set(['ask']),
  );
  const said = later.driver.told.all().map(({ text }) => text);
  expect(said.some((text) => /no run|unexpected happened/.test(text))).toBe(false);

  const foreign = await submitted(it.program);
  const answer = async (name: string) => {
    const { key } = await press(later, name, at);
    return (await later.driver.told.first((one) => one.key === key, `an answer to ${name}`)).text;
  };
  for (const action of ['animate', 'vary', 'show', 'delete']) {
    expect(await answer(`v2:${action}:${foreign}:100:3:`)).toMatch(/no run/);
  }
  const own = buttons[0]?.name.split(':')[2];
  expect(await answer(`v2:animate:${own}:100:99:`)).toMatch(/Nothing was charged|deleted/);
});

test('where Slack takes no carousel, the frames have a row of buttons, and the next run tries none', async () => {
  const it = await startInSlack();
  const { slack, driver } = it;
  const carousels: string[] = [];
  slack.meddle.with = ({ method, body }) => {
    if (!JSON.stringify(body.blocks ?? []).includes('"carousel"')) return null;
    carousels.push(method);
    return { error: 'invalid_blocks' };
  };
  for (const nth of [0, 1]) {
    await driver.command('complete a fox --frames 2 --quality standard');
    const { progress, buttons } = await buttonsAt(it, await ended(it, nth));
    expect(progress?.blocks?.map(({ type }) => type).slice(-2)).toEqual(['actions', 'actions']);
    expect(buttons.slice(0, 2).map(({ label }) => label)).toEqual([
      expect.stringMatching(/^1 · \d+ credits$/),
      expect.stringMatching(/^2 · \d+ credits$/),
    ]);
  }
  expect(carousels).toEqual(['chat.update']);
});

test('a change is asked for in a form with its price, and an earlier version is shown with its image and its buttons', async () => {
  const it = await startInSlack();
  const { slack, driver } = it;
  await driver.command('image a fox --quality standard');
  const at = await ended(it);
  const { buttons } = await buttonsAt(it, at);
  const change = buttons.find(({ label }) => label === 'Change')?.name ?? '';
  await press(it, change, at);
  const form = await modalShown(slack, /^ask:change:/);
  expect(wordsOf(form)).toMatch(/What should change\?.*Starting it costs \d+ credits/);
  expect(form.submit?.text).toMatch(/^Create · \d+ credits$/);
  await driver.interact(submission(form, { prompt: { text: 'make it dusk' } }));
  const later = await ended(it, 1);
  expect(await childrenOf(it)).toMatchObject([{ workflow: 'edit' }]);
  // It is a part of the same thread.
  expect(wordsOf({ blocks: await slack.thread(at.channel, at.ts) })).toContain('make it dusk');

  const id = change.split(':')[2];
  const { key } = await press(it, `v1:show:${id}`, later);
  const shown = await driver.told.first((one) => one.key === key, 'the earlier version');
  expect(wordsOf(shown)).toMatch(/slack_file.*Open the thread.*v1:again:/);
  expect(shown.replace_original).toBe(false);
});
