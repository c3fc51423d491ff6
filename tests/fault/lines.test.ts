import { execFile, spawnSync } from 'node:child_process';
import { chmod, chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '../../src/db/client.ts';
import { openEmbedded } from '../../src/db/embedded.ts';
import { openQueue } from '../../src/pipeline/queue.ts';
import { createTestDatabase } from '../support/database.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const run = promisify(execFile);
const noOpenssl =
  spawnSync('openssl', ['version']).status === 0 ? null : 'there is no openssl to make a certificate with';

async function behindProxy(serverUrl: string): Promise<{ proxy: TcpProxy; url: string }> {
  const url = new URL(serverUrl);
  const port = Number(url.port);
  const proxy = await openTcpProxy(() => ({ host: '127.0.0.1', port }));
  onTestFinished(proxy.close);
  url.port = String(proxy.port);
  return { proxy, url: url.href };
}

const settings = z.tuple([z.object({ setting: z.string() })]);

/** A server of the test that takes TLS, with a certificate that no authority signed. */
async function openTlsServer(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vidgenie-tls-'));
  await chmod(folder, 0o755);
  const server = await openEmbedded(folder);
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  const [{ setting }] = settings.parse([
    ...(await admin`SELECT setting FROM pg_settings WHERE name = 'data_directory'`),
  ]);
  const [key, certificate] = [join(setting, 'server.key'), join(setting, 'server.crt')];
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', '2'];
  await run('openssl', [...words, '-keyout', key, '-out', certificate]);
  const { uid, gid } = await stat(setting);
  for (const file of [key, certificate]) {
    await chmod(file, 0o600);
    if (process.getuid?.() === 0) await chown(file, uid, gid);
  }
  await admin`ALTER SYSTEM SET ssl = on`;
  await admin`SELECT pg_reload_conf()`;
  await expect.poll(async () => (await admin`SHOW ssl`)[0]?.ssl).toBe('on');
  await admin.end();
  return server.url;
}

/** Sends queries from several callers while connections break. Resolves with the answers that belong to another query. */
async function askWhileLinesBreak({ proxy, url }: { proxy: TcpProxy; url: string }): Promise<unknown[]> {
  const { db, close } = openDatabase(url, { connections: 3 });
  onTestFinished(close);
  const wrong: unknown[] = [];
  let answers = 0;
  const ask = async (it: number): Promise<void> => {
    // A prepared statement goes out at once, and so does the ROLLBACK of a transaction whose connection has broken.
    const question = sql`SELECT ${it}::int AS it`;
    const asked = it % 3 === 0 ? db.transaction((tx) => tx.execute(question)) : db.execute(question);
    const answer = await asked.then(
      (rows) => [...rows],
      () => null,
    );
    if (answer === null) return await ask(it);
    if (answer.length !== 1 || answer[0]?.it !== it) wrong.push({ it, answer });
    answers += 1;
    if (answers % 20 === 0) proxy.reset();
  };
  const people = Array.from({ length: 6 }, async (_, person) => {
    for (let turn = 0; turn < 40; turn += 1) await ask(person * 1_000 + turn);
  });
  await Promise.all(people);
  return wrong;
}

test('an answer is the one to what was asked, or there is none, however often lines break', async () => {
  const { url } = await createTestDatabase();
  expect(await askWhileLinesBreak(await behindProxy(url))).toEqual([]);
});

test('a line is encrypted as its URL says, or there is none, and breaks like any other', async ({ skip }) => {
  skip(noOpenssl !== null, noOpenssl ?? '');
  const [plain, server] = [await createTestDatabase(), await openTlsServer()];
  const isEncrypted = async (url: string) => {
    const { db, close } = openDatabase(url, { connections: 1 });
    const rows = await db.execute(sql`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).then(
      ([row]) => row?.ssl,
      (error: Error) => String(error.cause),
    );
    await close();
    return rows;
  };
  expect(await isEncrypted(server)).toBe(false);
  expect(await isEncrypted(`${server}?sslmode=require`)).toBe(true);
  expect(await isEncrypted(`${server}?sslmode=prefer`)).toBe(true);
  expect(await isEncrypted(`${plain.url}?sslmode=prefer`)).toBe(false);
  expect(await isEncrypted(`${server}?sslmode=verify-full`)).toMatch(/self-signed/);
  expect(await isEncrypted(`${plain.url}?sslmode=require`)).toMatch(/offers no TLS/);
  const queue = await openQueue({ kind: 'postgres', url: `${server}?sslmode=require` }, () => {});
  onTestFinished(queue.close);
  expect(await queue.waiting()).toBe(0);
  expect(await askWhileLinesBreak(await behindProxy(`${server}?sslmode=require`))).toEqual([]);
});
