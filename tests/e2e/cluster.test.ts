import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { assets } from '../../src/db/schema.ts';
import { createS3Store } from '../../src/pipeline/media/s3.ts';
import { createFilms } from '../chaos/films.ts';
import { createRandom } from '../chaos/random.ts';
import { openVendors } from '../chaos/vendors.ts';
import { startCluster } from '../cluster/cluster.ts';
import { createTestDatabase } from '../support/database.ts';
import { createDiscord } from '../support/discord/discord.ts';
import { noRedis } from '../support/redis.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test.for(['redis', 'postgres'] as const)(
  'two bots and three workers on PostgreSQL, S3 and a queue in %s bring every command to its media, share the work, and stop in good order',
  async (queue, { skip }) => {
    skip(queue === 'redis' && noRedis !== null, noRedis ?? '');
    const discord = await createDiscord();
    const { world, people } = discord;
    const database = await createTestDatabase();
    const vendors = await openVendors({ random: createRandom(1), filmOf: createFilms(await temporaryDirectory()) });
    onTestFinished(vendors.close);
    // Each worker reaches the vendors through its own proxy, which records its calls.
    const calls = new Map<string, number>();
    const ways = new Map<string, number>();
    for (const name of ['worker-1', 'worker-2', 'worker-3']) {
      const way = await openTcpProxy(() => {
        calls.set(name, (calls.get(name) ?? 0) + 1);
        return { host: '127.0.0.1', port: vendors.port };
      });
      onTestFinished(way.close);
      ways.set(name, way.port);
    }
    const said: string[] = [];
    const cluster = await startCluster({
      directory: await temporaryDirectory(),
      queue,
      databaseUrl: database.url,
      environment: {
        DISCORD_TOKEN: discord.address.token,
        DISCORD_API_URL: discord.address.apiUrl,
        DISCORD_PUBLIC_KEY: discord.publicKey,
        DISCORD_SHARDS: 'none',
        OPENAI_API_KEY: 'sk-cluster',
        GOOGLE_API_KEY: 'AIza-cluster',
        FREE_CREDITS: '10000',
      },
      environmentOf: (name) => {
        const port = ways.get(name) ?? vendors.port;
        return { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, GOOGLE_BASE_URL: `http://127.0.0.1:${port}` };
      },
      say: (line) => said.push(line),
    });
    onTestFinished(async () => {
      await cluster.stop();
    });

    // Alternates between the two bots, as a load balancer does.
    const channels = [discord.channel(discord.guild()), discord.channel(discord.guild())];
    const asked = await Promise.all(
      Array.from({ length: 9 }, async (_, number) => {
        const channel = channels[number % 2];
        const bot = cluster.bots[number % 2];
        if (!channel || !bot) throw new Error('there is no bot');
        const prompt = `chaos-${number} a fox in the snow`;
        const one = people.command(discord.person(), channel, 'complete', { prompt, duration: 5, resolution: '720p' });
        expect((await discord.sendOverHttp(one, `${bot.url}/discord/interactions`)).status).toBe(200);
        return one;
      }),
    );
    for (const [number, one] of asked.entries()) {
      const thread = await discord.thread(one);
      const posted = await world.until(() =>
        world
          .messagesIn(thread.id)
          .filter(({ attachments }) => attachments.length > 0)
          .at(-1)?.attachments.length === 2
          ? world.messagesIn(thread.id)
          : undefined,
      );
      expect(posted.filter(({ attachments }) => attachments.length === 2)).toHaveLength(1);
      // The second call for words looks at the picture.
      expect(vendors.accountOf(`chaos-${number}`).billed).toEqual({ enhance: 2, image: 1, video: 1 });
    }
    const { s3 } = readConfig(cluster.services);
    if (!s3) throw new Error('the cluster has no S3');
    const rows = await database.db.select().from(assets);
    expect(rows).toHaveLength(2 * asked.length);
    const sizes = await Promise.all(rows.map(({ objectKey }) => createS3Store(s3).size(objectKey)));
    expect(sizes).toEqual(rows.map(({ bytes }) => bytes));
    for (const name of ways.keys()) expect(calls.get(name), name).toBeGreaterThan(0);

    expect((await cluster.stop()).map(({ name, code }) => `${name} ${code}`)).toEqual(
      ['bot-1', 'bot-2', 'worker-1', 'worker-2', 'worker-3'].map((name) => `${name} 0`),
    );
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  },
);
