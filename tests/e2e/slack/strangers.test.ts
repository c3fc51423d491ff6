import { pino } from 'pino';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createWebClient } from '../../../src/bots/slack/client.ts';
import { createMembers } from '../../../src/bots/slack/members.ts';
import { Secret } from '../../../src/db/secret.ts';
import { startInSlack } from '../../support/slack/installed.ts';
import { createSlack, ownToken, type Slack } from '../../support/slack/slack.ts';

/** Slack describes the member as an admin, with these fields about their home. */
function describeMember(slack: Slack, home: object): void {
  slack.retouch.answer = ({ method, answer }) =>
    method === 'users.info'
      ? { ...answer, user: { ...z.record(z.string(), z.unknown()).parse(answer.user), is_admin: true, ...home } }
      : answer;
}

test('an admin of another organisation, in a channel that both share, may do nothing that only admins may', async () => {
  const { slack, driver } = await startInSlack({ worker: false });
  const answerTo = async (line: string) => {
    const { key } = await driver.command(line);
    return (await driver.told.first((one) => one.key === key, 'an answer')).text;
  };
  describeMember(slack, { team_id: 'T0STRANGER' });
  expect(await answerTo('settings --style anime')).toMatch(/Only admins may do that/);
  describeMember(slack, {});
  expect(await answerTo('settings --style anime')).toMatch(/anime/);
});

test.each([
  ['of the workspace', true, { team_id: 'T1' }, { teamId: 'T1', enterpriseId: null }],
  ['of another workspace', false, { team_id: 'T9' }, { teamId: 'T1', enterpriseId: null }],
  ['whose home is not told', false, { team_id: undefined }, { teamId: 'T1', enterpriseId: null }],
  [
    'of another organisation',
    false,
    { team_id: 'T9', enterprise_user: { enterprise_id: 'E9' } },
    { teamId: 'T1', enterpriseId: null },
  ],
  [
    'of another workspace of the organisation',
    true,
    { team_id: 'T2', enterprise_user: { enterprise_id: 'E1' } },
    { teamId: 'T1', enterpriseId: 'E1' },
  ],
  [
    'of another organisation, where ours is one too',
    false,
    { team_id: 'T9', enterprise_user: { enterprise_id: 'E9' } },
    { teamId: 'T1', enterpriseId: 'E1' },
  ],
  [
    'of the organisation that installed it for all',
    true,
    { team_id: 'T2', enterprise_user: { enterprise_id: 'E1' } },
    { teamId: null, enterpriseId: 'E1' },
  ],
  ['of that organisation itself', true, { team_id: 'E1' }, { teamId: null, enterpriseId: 'E1' }],
  [
    'of no organisation, where ours installed it for all',
    false,
    { team_id: 'T9' },
    { teamId: null, enterpriseId: 'E1' },
  ],
])('somebody whom Slack calls an admin, %s, is one here: %s', async (_, isAdmin, home, owner) => {
  const slack = await createSlack();
  describeMember(slack, home);
  const token = new Secret(ownToken);
  const client = createWebClient('bot', token, slack.settings.apiUrl, pino({ level: 'silent' }));
  const connection = { client, token, botUserId: null, installedAt: null, ...owner };
  const who = { workspaceId: 'slack:T1', userId: slack.people.ada, userName: 'ada' };
  expect((await createMembers().find(connection, who)).member.isAdmin).toBe(isAdmin);
});
