import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { eq, sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { runs } from '../../src/db/schema.ts';
import type { RunId } from '../../src/domain.ts';
import { type Command, newcomer, vidgenie } from '../support/command-line.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createDiscord } from '../support/discord/discord.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, submitsOf, submitted, until } from '../support/program.ts';
import { json, startStub } from '../support/providers/server.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';

const keyring = { VIDGENIE_KEYRING: `k1:${Buffer.alloc(32, 7).toString('base64')}` };

/** A stop in good order ends with 0. The last resort, after nine and a half seconds, ends with 1. */
async function expectGoodStop(command: Command): Promise<void> {
  expect(`${await command.exit} ${command.stderr()}`).toMatch(/^0 /);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

test('a stop ends within ten seconds while a provider, a client and a database do not answer; the second signal ends at once', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const { environment } = await newcomer();
  const shared = { ...environment, ...keyring, DATABASE_URL: database.url };

  // A worker whose provider accepts a prompt and never answers.
  const vendor = await startStub(({ path }, response) => {
    if (path.endsWith('/moderations')) json(response, 400, { error: { message: 'not here' } });
  });
  const openai = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: vendor.url, MODERATION_WHEN_DOWN: 'allow' };
  const worker = vidgenie(['start'], { ...shared, ...openai, VIDGENIE_ROLE: 'worker', PORT: '0' });

  // A bot with a client that never ends its request.
  const discord = await createDiscord();
  const port = await freePort();
  const bot = vidgenie(['start'], {
    ...shared,
    VIDGENIE_ROLE: 'bot',
    PORT: String(port),
    DISCORD_PUBLIC_KEY: discord.publicKey,
    DISCORD_TOKEN: discord.address.token,
    DISCORD_API_URL: discord.address.apiUrl,
  });

  // Workers whose database is behind a network that swallows everything.
  const url = new URL((await createTestDatabase()).url);
  const behind = { host: '127.0.0.1', port: Number(url.port) };
  const proxy = await openTcpProxy(() => behind);
  onTestFinished(proxy.close);
  url.port = String(proxy.port);
  const swallowed = { ...shared, DATABASE_URL: url.href, VIDGENIE_ROLE: 'worker', PORT: '0' };
  const cutOff = vidgenie(['start'], swallowed);
  const impatient = vidgenie(['start'], swallowed);

  await Promise.all([worker, impatient, bot, cutOff].map((one) => one.said(/at work/)));
  const client = connect(port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
  });
  client.on('error', () => {});
  client.write('POST /discord/interactions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');

  const teller = await installation.open({
    worker: false,
    environment: { ...openai, VIDGENIE_KEYRING: keyring.VIDGENIE_KEYRING },
  });
  const asked = vendor.arrival(/responses/);
  const id = await submitted(teller, { workflow: 'image' });
  await asked;
  proxy.turn('blackhole');

  for (const { child } of [worker, impatient, bot, cutOff]) child.kill('SIGTERM');
  await impatient.said(/stopping/);
  impatient.child.kill('SIGTERM');
  expect(await impatient.exit).toBe(143);
  await Promise.all([worker, bot, cutOff].map(expectGoodStop));

  // The worker released its lease instead of letting it expire.
  const [run] = await database.db.select().from(runs).where(eq(runs.id, id));
  expect(run).toMatchObject({ settledAt: null, busy: false });
});

test('a turn that does not heed the stop is handed back all the same, and another worker finishes the run', async () => {
  const installation = await createInstallation(await createTestDatabase());
  const deaf = await installation.open({ worker: true, vendor: { deaf: 'enhance' }, visibilityMs: 60_000 });
  const id = await submitted(deaf, { workflow: 'image' });
  await until(deaf, id, ({ steps }) => steps.some(({ state }) => state === 'submitting'));
  await deaf.stop();
  // Its lease would have lasted for a minute.
  const other = await installation.open({ worker: true, visibilityMs: 60_000 });
  const { run } = await delivered(other, id);
  expect(run.state).toBe('succeeded');
});

test('workers replaced one by one under load lose nothing, send nothing twice, and each goes in good order', async () => {
  const installation = await createInstallation(await createTestDatabase());
  const { database } = installation;
  const teller = await installation.open({ worker: false });
  const workspace = await createWorkspace(database, 5_000);
  const begin = async (): Promise<WorkerProcess> => {
    const worker = startWorkerProcess(installation);
    await worker.reached('ready');
    return worker;
  };
  const workers = await Promise.all([begin(), begin()]);
  const ids: RunId[] = [];
  const submit = async () => ids.push(await submitted(teller, { workspace }));
  for (let count = 0; count < 10; count += 1) await submit();
  for (let round = 0; round < 2; round += 1) {
    const successor = await begin();
    const leaving = workers.shift();
    workers.push(successor);
    leaving?.process.kill('SIGTERM');
    for (let count = 0; count < 5; count += 1) await submit();
    expect(await leaving?.exited).toEqual({ code: 0, signal: null });
  }
  for (const id of ids) {
    const { run } = await delivered(teller, id);
    expect(run.state).toBe('succeeded');
    expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  }
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  const orphans = await database.db.execute(sql`SELECT 1 FROM provider_orphans`);
  expect(orphans).toHaveLength(0);
});

test('a turn that comes when its worker has been told to rest is handed back untouched, and another takes it at once', async () => {
  const installation = await createInstallation(await createTestDatabase());
  const rested = Promise.withResolvers<void>();
  const worker = await installation.open({
    worker: true,
    reachFailpoint: (failpoint) => {
      if (failpoint === 'turn_claimed') rested.resolve(worker.drain());
    },
  });
  const id = await submitted(worker);
  await rested.promise;
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 0, image: 0, video: 0 });
  const other = await installation.open({ worker: true });
  expect((await delivered(other, id)).run).toMatchObject({ state: 'succeeded', failedAttempts: 0 });
});
