import { expect, test } from 'vitest';
import { executed, run, session } from '../../../src/bots/web/contract.ts';
import { runId } from '../../../src/db/vocabulary.ts';
import { delivered } from '../../support/program.ts';
import { startInSlack } from '../../support/slack/installed.ts';
import { modalShown, wordsOf } from '../../support/slack/views.ts';

const publicUrl = 'http://vidgenie.example';

test('from Slack into the page: a private link, a session with the rights of the chat, and a run that Slack hears nothing of', async () => {
  const { slack, driver, program, port } = await startInSlack({ publicUrl });
  const asked = await driver.command('web');
  const told = await driver.told.first(({ key }) => key === asked.key, 'a way in');
  expect(JSON.stringify(slack.calls.all())).not.toContain('/enter#');
  const link = new RegExp(`<${publicUrl}/enter#([0-9a-f]{64})\\|Open VidGenie>`).exec(JSON.stringify(told))?.[1];
  const base = `http://127.0.0.1:${port}`;
  const json = { 'content-type': 'application/json', origin: publicUrl };
  const entered = await fetch(`${base}/enter`, { method: 'POST', headers: json, body: JSON.stringify({ link }) });
  expect(entered.status).toBe(200);
  const headers = { ...json, cookie: entered.headers.get('set-cookie')?.split(';')[0] ?? '' };
  const who = session.parse(await (await fetch(`${base}/api/session`, { headers })).json());
  expect(who).toMatchObject({ scope: 'admin', by: 'session', workspace: { face: 'slack' } });

  const before = slack.calls.all().length;
  const body = JSON.stringify({ config: { initialPrompt: 'a red boat', workflowType: 'image-only' } });
  const accepted = await fetch(`${base}/api/workflow/execute`, { method: 'POST', headers, body });
  const { workflowId } = executed.parse(await accepted.json());
  expect(await delivered(program, runId.parse(workflowId))).toMatchObject({ run: { state: 'succeeded', face: 'web' } });
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
  // By the address that Slack gave for this request, which shows it to the asker alone, and by no other call.
  expect(JSON.stringify(slack.calls.all())).not.toContain('vg_');
});
