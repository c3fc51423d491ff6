import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, inject, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createHttpServer } from '../../src/bots/http.ts';
import { textOf } from '../../src/bots/text.ts';
import { startBots } from '../../src/bots.ts';
import { runs } from '../../src/db/schema.ts';
import { commandedWorkflows } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  brokenText,
  damage,
  damagedBy,
  each,
  headerText,
  heldRuns,
  hex,
  inTime,
  plenty,
  wordsOf,
} from '../support/hostile.ts';
import { createInstallation } from '../support/program.ts';
import { startStub } from '../support/providers/server.ts';
import { createDriver, signed } from '../support/slack/driver.ts';
import { createSlack, type Slack } from '../support/slack/slack.ts';

/** A bot without a worker, so that held credits stay held. `stop` resolves when every request is answered. */
async function openInSlack() {
  const [slack, database] = await Promise.all([createSlack(), createTestDatabase()]);
  const installation = await createInstallation(database);
  const config = { slack: slack.settings, freeCredits: plenty };
  const program = await installation.open({ worker: false, config });
  const http = createHttpServer();
  const stop = await startBots(program, createLog('silent', false), http);
  onTestFinished(stop);
  const driver = await createDriver(slack, http.port() ?? 0);
  return { slack, db: program.services.db, driver, stop, endpoint: `http://127.0.0.1:${http.port()}/slack/events` };
}

/** Uploads an image to the bot's channel. Resolves with the file's id. */
async function uploadImage({ observe, url, channels, settings }: Slack): Promise<string> {
  await observe('conversations.join', { channel: channels.general }, settings.botToken ?? '');
  const image = readFileSync(inject('vendorMedia').image);
  const begun = await observe('files.getUploadURLExternal', { filename: 'fox.png', length: image.length });
  const { file_id: id } = z.object({ file_id: z.string() }).parse(begun);
  await fetch(`${url}/upload/v1/${id}`, { method: 'POST', body: image });
  await observe('files.completeUploadExternal', { files: [{ id }], channel_id: channels.general });
  return id;
}

type Ask = { as: 'form' | 'payload' | 'event'; payload: object };

/** All requests that start a run, and some that do not. Each carries its own identity and response address. */
function asksOf({ people, channels }: Slack, run: string, file: string, listener: string) {
  const { general: channel } = channels;
  const team = 'T000000001';
  let asked = 0;
  const own = () => {
    asked += 1;
    return { trigger_id: `${asked}.trigger`, response_url: `${listener}/${asked}`, api_app_id: 'A0VIDGENIE' };
  };
  const typed = (text: string) => (): Ask => {
    const who = { team_id: team, team_domain: 'first', user_id: people.ada, user_name: 'ada', channel_id: channel };
    return { as: 'form', payload: { command: '/vidgenie', text, ...who, is_enterprise_install: 'false', ...own() } };
  };
  const interaction = (type: string, more: object): Ask => {
    const who = { team: { id: team, domain: 'first' }, user: { id: people.ada, username: 'ada', team_id: team } };
    const where = { channel: { id: channel }, is_enterprise_install: false };
    return { as: 'payload', payload: { type, ...who, ...where, ...own(), ...more } };
  };
  const filled = (callback: string, fields: Record<string, object>, metadata = '') => {
    const { response_url } = own();
    const values = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { [name]: value }]));
    const view = { id: `V${asked}`, callback_id: callback, private_metadata: metadata, state: { values } };
    return interaction('view_submission', { view, response_urls: [{ response_url }] });
  };
  const press = (action: string) => interaction('block_actions', { actions: [{ action_id: action, type: 'button' }] });
  const choose = (value: string) =>
    interaction('block_actions', { actions: [{ action_id: 'menu', selected_option: { value } }] });
  const mention = (): Ask => {
    const { trigger_id: id } = own();
    const event = {
      type: 'app_mention',
      user: people.ada,
      text: '<@U0VIDGENIE> image a fox',
      channel,
      ts: `${asked}.0`,
    };
    const authorizations = [{ team_id: team, enterprise_id: null, is_enterprise_install: false }];
    return { as: 'event', payload: { type: 'event_callback', team_id: team, event_id: id, event, authorizations } };
  };
  const choice = (value: string) => ({ selected_option: { value: `=${value}` } });
  const prompt = { value: 'a fox in the snow' };
  const there = { selected_conversation: channel };
  const image = { files: [{ id: file, mimetype: 'image/png' }] };
  // The cost that the button of a form named as its limit.
  const told = JSON.stringify({ on: null, credits: 100 });
  const starting = [
    typed('complete a fox in the snow --style anime --duration 8 --no-audio'),
    typed('image a fox in the snow --quality standard --aspect square --variants 2'),
    typed('story a fox goes to sea --scenes 3 --duration 30'),
    () => filled('create', { workflow: choice('complete'), prompt, duration: { value: '8' }, channel: there }, told),
    () => filled('create', { workflow: choice('video'), prompt, image, audio: choice('off'), channel: there }, told),
    () => filled('create', { workflow: choice('edit'), prompt, image, channel: there }, told),
    // A form that an earlier version opened.
    () => filled(`edit:${run}`, { prompt }, JSON.stringify({ channel, threadTs: null, credits: 100 })),
    () => filled(`ask:edit:${run}:`, { prompt }, JSON.stringify({ channel, threadTs: null, credits: 100 })),
    () => press(`v1:again:${run}:6`),
    () => choose(`v1:again:${run}:6`),
    mention,
  ];
  const others = [
    typed('credits'),
    () => press('v1:cancel:0b8f6a52-0000-4000-8000-000000000000'),
    () => choose(`v2:vary:${run}:100:2:`),
    () => filled('form:help', {}),
  ];
  return { starting, others };
}

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

function written({ as, payload }: { as: Ask['as']; payload: unknown }): { type: string; body: string } {
  const type = 'application/x-www-form-urlencoded';
  switch (as) {
    case 'event':
      return { type: 'application/json', body: JSON.stringify(payload) };
    case 'payload':
      return { type, body: form({ payload: JSON.stringify(payload) }) };
    case 'form': {
      const fields = Object.entries(Object(payload)).map(([name, value]) => [name, wordsOf(value)]);
      return { type, body: form(Object.fromEntries(fields)) };
    }
  }
}

test('1,350 requests to the Slack endpoint, forged or signed and damaged, are answered; held is the price of what was taken', async () => {
  const { slack, db, driver, stop, endpoint } = await openInSlack();
  const told = await startStub((_request, response) => void response.end('ok'));
  const file = await uploadImage(slack);
  const accepted = textOf('en').slack.accepted.thread;
  const { key } = await driver.command('image a fox');
  const first = await driver.told.first((one) => one.key === key, 'the first answer');
  expect(first.text).toContain(accepted);
  const [run] = await db.select().from(runs);
  if (!run) throw new Error('there is no run');

  const forged = fc.record({
    body: brokenText(form({ command: '/vidgenie', text: 'complete a fox', user_id: slack.people.ada })),
    signature: fc.oneof(
      hex(64).map((digest) => `v0=${digest}`),
      headerText,
    ),
    at: fc.oneof(fc.constant(String(Math.floor(Date.now() / 1_000))), fc.nat().map(String), headerText),
    type: fc.constantFrom('application/x-www-form-urlencoded', 'application/json', 'multipart/form-data', 'text/html'),
  });
  await each(350, forged, async ({ body, signature, at, type }) => {
    const headers = { 'x-slack-signature': signature, 'x-slack-request-timestamp': at, 'content-type': type };
    const { status } = await inTime(fetch(endpoint, { method: 'POST', body, headers }));
    expect([400, 401, 415]).toContain(status);
  });
  const { starting, others } = asksOf(slack, run.id, file, told.url);
  const hostile = fc.record({
    ask: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...starting) }, fc.constantFrom(...others)),
    changes: damage,
  });
  // The acknowledgement of a command may contain the answer.
  const acknowledged: string[] = [];
  await each(1_000, hostile, async ({ ask, changes }) => {
    const { as, payload } = ask();
    const { type, body } = written({ as, payload: damagedBy(payload, changes) });
    const answered = await inTime(driver.send(body, { ...signed(body), 'content-type': type }));
    expect([200, 400], body).toContain(answered.status);
    acknowledged.push(answered.body);
  });

  await stop();
  const said = [
    ...acknowledged,
    ...told.requests,
    ...driver.told.all(),
    ...slack.calls.all().filter(({ answer }) => answer.ok === true),
  ];
  const taken = said.filter((one) => JSON.stringify(one).includes(accepted));
  const held = await heldRuns(db);
  expect(held.runs).toHaveLength(taken.length);
  expect(held.others).toEqual([]);
  // The damage leaves many inputs valid, and many not.
  expect(new Set(held.runs.map(({ workflow }) => workflow))).toEqual(new Set(commandedWorkflows));
  expect(taken.length).toBeGreaterThan(50);
  expect(taken.length).toBeLessThan(900);
});
