import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { startBots } from '../../../src/bots.ts';
import { startInSlack } from '../../support/slack/installed.ts';
import { startSocketStub } from '../../support/slack/socket.ts';

test('over Socket Mode a command is acknowledged and leads to the thread, through a lost connection, and nothing of it is logged', async () => {
  const it = await startInSlack();
  const { slack, program } = it;
  const socket = await startSocketStub(slack);
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  const settings = { ...slack.settings, signingSecret: null, appToken: 'xapp-1-CANARY' };
  const stop = await startBots({ ...program, config: { ...program.config, slack: settings } }, log);
  onTestFinished(stop);
  await socket.connections.first(() => true, 'a connection');
  socket.cut();
  await socket.connections.first((number) => number === 2, 'another connection');

  const command = {
    command: '/vidgenie',
    text: 'image a fox CANARY',
    team_id: 'T000000001',
    user_id: slack.people.ada,
    channel_id: slack.channels.general,
    trigger_id: await it.driver.trigger(),
    is_enterprise_install: 'false',
    response_url: 'http://127.0.0.1:9/CANARY',
  };
  const id = await socket.send('slash_commands', command);
  await socket.acks.first(({ envelope_id: acked }) => acked === id, 'an acknowledgement');
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  expect(await slack.history(slack.channels.general)).toHaveLength(1);
  expect(lines.join('\n')).not.toContain('CANARY');
});

test('a stop acknowledges what is still at work, and waits for it', async () => {
  const it = await startInSlack({ worker: false });
  const { slack, program } = it;
  const socket = await startSocketStub(slack);
  const settings = { ...slack.settings, signingSecret: null, appToken: 'xapp-1' };
  const log = pino({ level: 'silent' });
  const stop = await startBots({ ...program, config: { ...program.config, slack: settings } }, log);
  const command = {
    command: '/vidgenie',
    text: 'image a fox',
    team_id: 'T000000001',
    user_id: slack.people.ada,
    channel_id: slack.channels.general,
    trigger_id: 'T-1',
    response_url: 'http://127.0.0.1:9/x',
  };
  const reached = Promise.withResolvers<void>();
  slack.meddle.with = ({ method }) => {
    if (method === 'users.info') reached.resolve();
    return null;
  };
  const id = await socket.send('slash_commands', command);
  await reached.promise;
  await stop();
  await socket.acks.first(({ envelope_id: acked }) => acked === id, 'an acknowledgement');
  expect(await program.database.db.execute('SELECT id FROM runs')).toHaveLength(1);
});
