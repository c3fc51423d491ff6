import { openDiscord } from '../../tests/support/discord/simulator.ts';
import { crowd, type Figure, median, quantile, type Row, repeated } from '../figure.ts';
import { startProcess } from '../stage/processes.ts';
import { openSlack, signedBySlack } from '../stage/slack.ts';
import type { Stage } from '../stage/stage.ts';

const atOnce = 50;
const commands = 300;
const roundsCounted = 3;

/**
 * From a command to its first answer, and to the text that follows it, in a bot's own process. 50 people ask at once, and each
 * asks again as soon as they have the text. Compared with commands that the bot only acknowledges.
 */
export const answers: Figure = {
  name: 'answers',
  about: 'command to answer, 50 at once',
  measure: async (stage) => [
    ...(await onDiscord(stage, 'gateway')),
    ...(await onDiscord(stage, 'HTTP')),
    ...(await onSlack(stage)),
  ],
};

/**
 * Asks, and resolves with the text of the answer. `acknowledged` is called at the first answer, which only confirms that the
 * command arrived.
 */
type Asking = (acknowledged: () => void) => Promise<unknown>;

/** We do not measure the rate limit of a person. */
const manyCommands = { MEMBER_COMMANDS_PER_MINUTE: '1000000', WORKSPACE_COMMANDS_PER_MINUTE: '1000000' };

async function succeeded(asked: Promise<Response>): Promise<string> {
  const answer = await asked;
  const body = await answer.text();
  if (!answer.ok) throw new Error(`a bot answered with status ${answer.status}: ${body.slice(0, 200)}`);
  return body;
}

async function measured(
  what: string,
  ask: Asking,
  bare: { what: string; ask: Asking },
  atMost: number,
): Promise<Row[]> {
  const once = async (asking: Asking) => {
    const firsts: number[] = [];
    const words = await crowd(commands, atOnce, async () => {
      const began = performance.now();
      await asking(() => firsts.push(performance.now() - began));
    });
    return { firsts, words };
  };
  await once(ask);
  await once(bare.ask);
  const rounds = await repeated(roundsCounted, () => once(ask));
  const bareRounds = await repeated(roundsCounted, () => once(bare.ask));
  const at = (share: number, all: number[][]) => median(all.map((one) => quantile(one, share)));
  const firsts = rounds.map((round) => round.firsts);
  const words = rounds.map((round) => round.words);
  const acknowledged = bareRounds.map((round) => round.words);
  return [
    {
      what: `${what}: the first answer, p99`,
      value: at(0.99, firsts),
      unit: 'ms',
      goal: { atMost },
      beside: [
        { what: 'p50', value: at(0.5, firsts), unit: 'ms' },
        { what: 'the words p50', value: at(0.5, words), unit: 'ms' },
        { what: 'p99', value: at(0.99, words), unit: 'ms' },
        { what: `${bare.what} p50`, value: at(0.5, acknowledged), unit: 'ms' },
        { what: 'p99', value: at(0.99, acknowledged), unit: 'ms' },
      ],
    },
  ];
}

async function onDiscord(stage: Stage, way: 'gateway' | 'HTTP'): Promise<Row[]> {
  const discord = await openDiscord();
  stage.atEnd(discord.close);
  const channel = discord.channel(discord.guild());
  const ada = discord.person('member');
  const installation = await stage.installation();
  const { token, apiUrl } = discord.address;
  const settings = { DISCORD_TOKEN: token, DISCORD_API_URL: apiUrl, DISCORD_PUBLIC_KEY: discord.publicKey };
  const bot = await startProcess(stage, 'bot', installation, { environment: { ...settings, ...manyCommands } });
  const endpoint = `http://127.0.0.1:${bot.port}/discord/interactions`;
  const command: Asking = async (acknowledged) => {
    const asked = discord.people.command(ada, channel, 'help');
    if (way === 'gateway') await discord.ask(asked);
    else await succeeded(discord.sendOverHttp(asked, endpoint));
    acknowledged();
    await discord.replyEphemeral(asked);
  };
  const ping = JSON.stringify({ id: '1', application_id: '1', type: 1, token: 'x', version: 1 });
  const bare = { what: 'a ping over HTTP', ask: () => succeeded(discord.sendSigned(ping, endpoint)) };
  const rows = await measured(`Discord, ${way}`, command, bare, 100);
  await Promise.all([bot.kill(), discord.close()]);
  return rows;
}

async function onSlack(stage: Stage): Promise<Row[]> {
  const heard = new Map<string, () => void>();
  const slack = await openSlack(stage, (path) => heard.get(path)?.());
  const installation = await stage.installation();
  const bot = await startProcess(stage, 'bot', installation, {
    environment: { ...slack.environment, ...manyCommands },
  });
  const post = (fields: Record<string, string>) => {
    const body = new URLSearchParams(fields).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...signedBySlack(body) };
    return succeeded(fetch(`http://127.0.0.1:${bot.port}/slack/events`, { method: 'POST', body, headers }));
  };
  const command: Asking = async (acknowledged) => {
    const key = crypto.randomUUID();
    const answered = new Promise<void>((resolve) => heard.set(key, resolve));
    const acknowledgement = await post({
      command: '/vidgenie',
      text: 'help',
      team_id: 'T1',
      team_domain: 'first',
      user_id: 'U2',
      user_name: 'ada',
      channel_id: 'C1',
      channel_name: 'general',
      api_app_id: 'A1',
      is_enterprise_install: 'false',
      response_url: `${slack.url}/${key}`,
      trigger_id: key,
    });
    acknowledged();
    // The words may come with the acknowledgement.
    if (!acknowledgement.startsWith('{')) await answered;
    heard.delete(key);
  };
  // Discord's first answer is only "thinking…". Slack's carries the words, so it may take as long as those.
  return await measured(
    'Slack, HTTP',
    command,
    { what: 'a check of the line', ask: () => post({ ssl_check: '1' }) },
    250,
  );
}
