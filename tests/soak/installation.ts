import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { openSlack, signedBySlack } from '../../bench/stage/slack.ts';
import { openStage, until } from '../../bench/stage/stage.ts';
import { createToken } from '../../src/db/auth.ts';
import { openDatabase } from '../../src/db/client.ts';
import { ensureWorkspace } from '../../src/db/workspaces.ts';
import { workspaceId } from '../../src/domain.ts';
import { openDiscord } from '../support/discord/simulator.ts';
import { createVisitors } from './visitors.ts';
import { type Sample, type soakOrders, soakWords } from './words.ts';

export type SoakInstallation = {
  /** Gives one command, on the platform whose turn it is, and resolves when its result was delivered. */
  give: (number: number) => Promise<void>;
  /** What each process holds, with the number of its objects if asked to `count`, and the connections to the database. */
  look: (
    asked?: 'look' | 'count',
  ) => Promise<{ processes: Record<string, Sample>; connections: number; databaseMb: number }>;
  /** Resolves when every run was delivered. */
  atRest: () => Promise<void>;
  close: () => Promise<void>;
};

/** Members of the soak give more commands than people do. */
const unlimited = {
  MEMBER_COMMANDS_PER_MINUTE: '1000000',
  WORKSPACE_COMMANDS_PER_MINUTE: '1000000',
  MEMBER_RUNS_AT_WORK: '100000',
  MEMBER_RUNS_WAITING: '100000',
  WORKSPACE_RUNS_AT_WORK: '100000',
};

/** Each token may start 30 runs a minute. */
const tokens = 12;

/** The simulated Discord remembers that many messages. */
const remembered = 600;

/**
 * A bot and some workers as processes of their own, an embedded PostgreSQL, stand-ins for both chats and for the vendors, and readers
 * of the page.
 */
export async function openSoak(workers: number): Promise<SoakInstallation> {
  const { stage, close } = await openStage();
  try {
    const place = await stage.installation();
    const discord = await openDiscord();
    stage.atEnd(discord.close);
    const slack = await openSlack(stage, () => {});
    const environment = {
      ...place.environment,
      ...unlimited,
      ...slack.environment,
      DISCORD_TOKEN: discord.address.token,
      DISCORD_API_URL: discord.address.apiUrl,
      DISCORD_PUBLIC_KEY: discord.publicKey,
    };
    const processes: Awaited<ReturnType<typeof startProcess>>[] = [];
    // One after the other: three at once would share the processor for their longest work.
    for (const [index, role] of [
      'bot' as const,
      ...Array.from({ length: workers }, () => 'worker' as const),
    ].entries()) {
      const name = index < 2 ? role : `worker ${index}`;
      const started = await startProcess({ role, environment, media: stage.media }, name);
      stage.atEnd(started.kill);
      processes.push(started);
    }
    const address = `http://127.0.0.1:${processes[0]?.port}`;
    const database = openDatabase(place.url, { connections: 2, applicationName: 'soak' });
    stage.atEnd(database.close);
    const { db } = database;
    const words = await Promise.all(Array.from({ length: tokens }, (_, index) => tokenOf(`terminal:soak-${index}`)));
    const visitors = createVisitors(address, words);
    stage.atEnd(visitors.leave);

    async function tokenOf(id: string): Promise<string> {
      const workspace = { id: workspaceId.parse(id), platform: 'terminal', name: id } as const;
      await ensureWorkspace(db, workspace, 1_000_000);
      const wish = { workspaceId: workspace.id, scope: 'member', label: 'soak', createdBy: 'soak' } as const;
      return (await createToken(db, wish)).words;
    }

    const channel = discord.channel(discord.guild());
    const ada = discord.person('member');
    async function inDiscord(): Promise<void> {
      const { world } = discord;
      const small = { prompt: 'a fox in the snow', duration: 3, resolution: '720p', audio: false };
      const asked = discord.people.command(ada, channel, 'complete', small);
      const answer = await discord.sendOverHttp(asked, `${address}/discord/interactions`);
      if (!answer.ok) throw new Error(`the bot answered Discord with status ${answer.status}`);
      const thread = await discord.thread(asked);
      await world.until(() => world.messagesIn(thread.id).some(({ attachments }) => attachments.length === 2));
      for (const known of [world.messages, world.interactions, world.channels]) forgetOldest(known);
      world.requests.splice(0);
      world.channels.set(channel.id, channel);
    }

    async function inSlack(): Promise<void> {
      const body = new URLSearchParams({
        command: '/vidgenie',
        text: 'image a fox in the snow',
        team_id: 'T1',
        team_domain: 'first',
        user_id: 'U2',
        user_name: 'ada',
        channel_id: 'C1',
        channel_name: 'general',
        api_app_id: 'A1',
        is_enterprise_install: 'false',
        response_url: `${slack.url}/response`,
        trigger_id: crypto.randomUUID(),
      }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded', ...signedBySlack(body) };
      const answer = await fetch(`${address}/slack/events`, { method: 'POST', body, headers });
      await answer.text();
      if (!answer.ok) throw new Error(`the bot answered Slack with status ${answer.status}`);
    }

    const ways = [inDiscord, inSlack, visitors.execute];
    const readLook = z.array(z.object({ connections: z.coerce.number(), bytes: z.coerce.number() }));
    return {
      give: async (number) => await ways[number % ways.length]?.(),
      look: async (asked = 'look') => {
        const held = await Promise.all(processes.map(async ({ name, look }) => [name, await look(asked)] as const));
        const [row] = readLook.parse(
          await db.execute(sql`
            SELECT count(*) AS connections, pg_database_size(current_database()) AS bytes FROM pg_stat_activity
            WHERE datname = current_database() AND application_name <> 'soak'`),
        );
        return {
          processes: Object.fromEntries(held),
          connections: row?.connections ?? 0,
          databaseMb: (row?.bytes ?? 0) / 1e6,
        };
      },
      atRest: () =>
        until(
          async () => [...(await db.execute(sql`SELECT FROM runs WHERE delivered_at IS NULL LIMIT 1`))].length === 0,
          60_000,
          'the end of all runs',
        ),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Maps keep the order in which their entries came. */
function forgetOldest(known: Map<string, unknown>): void {
  for (const id of known.keys()) {
    if (known.size <= remembered) return;
    known.delete(id);
  }
}

const script = fileURLToPath(new URL('./process.ts', import.meta.url));

async function startProcess(orders: z.infer<typeof soakOrders>, name: string) {
  // The same flags as `npm start`, and one with which the process can collect its garbage before it is measured.
  const child = fork(script, [JSON.stringify(orders)], {
    execArgv: ['--expose-gc', '--max-semi-space-size=8'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'vidgenie-compile-cache') },
  });
  const exited = once(child, 'exit');
  const first = await heard(child);
  if (first.word !== 'ready') throw new Error('the process spoke out of turn');
  return {
    name,
    port: first.port,
    look: async (asked: 'look' | 'count') => {
      child.send(asked);
      const answer = await heard(child);
      if (answer.word !== 'sample') throw new Error('the process spoke out of turn');
      return answer.sample;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const heard = (child: ChildProcess) =>
  new Promise<z.infer<typeof soakWords>>((resolve, reject) => {
    const gone = () => reject(new Error('the process ended before it answered'));
    child.once('exit', gone);
    child.once('message', (message) => {
      child.off('exit', gone);
      resolve(soakWords.parse(message));
    });
  });
