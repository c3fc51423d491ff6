import { lutimes, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { withLock } from '../../src/db/embedded/lock.ts';
import { describeEmbedded, openEmbedded } from '../../src/db/embedded.ts';
import { isRunning, postmasterPid, startUser } from '../support/embedded-processes.ts';
import { makeSandbox, query, type Sandbox } from '../support/embedded-sandbox.ts';

let sandbox: Sandbox;
let home: string;

beforeEach(async () => {
  sandbox = await makeSandbox();
  home = sandbox.home;
});

/** Polls the file system. Nothing else shows how far a process has come before we kill it. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await condition()).toBe(true), { timeout: 30_000, interval: 5 });
}

describe('several processes', () => {
  test('the first starts the server, others attach, and the last one to leave stops it', async () => {
    const first = await startUser(home);
    const opened = await first.open();
    expect(opened.started).toBe(true);
    expect(await query(opened.url, 'SELECT current_database() AS name')).toEqual([{ name: 'vidgenie' }]);

    const second = await openEmbedded(home);
    const secondAgain = await openEmbedded(home);
    expect(second).toMatchObject({ url: opened.url, started: false });
    const pid = postmasterPid(await sandbox.dataDir());
    expect(await describeEmbedded(home)).toMatchObject({ running: true, members: 3 });

    await first.close();
    await second.close();
    await second.close();
    expect(await isRunning(pid)).toBe(true);
    await secondAgain.close();
    expect(await isRunning(pid)).toBe(false);
    expect(await describeEmbedded(home)).toMatchObject({ running: false, port: null, members: 0 });
  });

  test('four that open at the same instant share one server, and leaving races with coming', async () => {
    const users = await Promise.all([1, 2, 3, 4].map(() => startUser(home)));
    const opened = await Promise.all(users.map((user) => user.open()));
    expect(opened.filter(({ started }) => started)).toHaveLength(1);
    expect(new Set(opened.map(({ url }) => url)).size).toBe(1);
    const pid = postmasterPid(await sandbox.dataDir());

    // Two users leave while two new ones open. The remaining users must have a working server.
    const [one, two, three, four] = users;
    const newcomers = await Promise.all([startUser(home), startUser(home)]);
    await Promise.all([one?.close(), two?.close(), three?.close(), four?.close(), newcomers[0].open()]);
    const { url } = await newcomers[1].open();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await Promise.all(newcomers.map((user) => user.close()));
    expect(await isRunning(pid)).toBe(false);
    expect((await describeEmbedded(home)).running).toBe(false);
  });

  test('Ctrl-C in the terminal leaves the server to those who still use it', async () => {
    // `detached` makes a process group of its own, as a terminal does, so that the signal does not reach the test.
    const user = await startUser(home, { detached: true });
    const { url } = await user.open();
    process.kill(-(user.child.pid ?? 0), 'SIGINT');
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await user.close();
  });
});

describe('kill -9', () => {
  test('of the only user leaves a server that the next one adopts, and later stops', async () => {
    const user = await startUser(home);
    const { url } = await user.open();
    const pid = postmasterPid(await sandbox.dataDir());
    await user.kill('SIGKILL');

    const next = await openEmbedded(home);
    expect(next).toMatchObject({ url, started: false });
    expect(postmasterPid(await sandbox.dataDir())).toBe(pid);
    expect((await describeEmbedded(home)).members).toBe(1);
    await next.close();
    expect(await isRunning(pid)).toBe(false);
  });

  test('of user and server loses no committed row, even if the pid of the server is now somebody else', async () => {
    const user = await startUser(home);
    const { url } = await user.open();
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const dataDir = await sandbox.dataDir();
    const pid = postmasterPid(dataDir);
    await user.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');

    const next = await openEmbedded(home);
    expect(next.started).toBe(true);
    expect(await query(next.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);

    const pidFile = join(dataDir, 'postmaster.pid');
    const leftBehind = await readFile(pidFile, 'utf8');
    await next.close();
    const bystander = await startUser(join(sandbox.folder, 'other'));
    await writeFile(pidFile, leftBehind.replace(/^\d+/, String(bystander.child.pid)));
    const again = await openEmbedded(home);
    expect(again.started).toBe(true);
    expect(await query(again.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await again.close();
    expect(await isRunning(bystander.child.pid)).toBe(true);
    await bystander.close();
  });

  test('while the database is being made leaves nothing that is taken for a database', async () => {
    const user = await startUser(home);
    user.beginToOpen();
    const folder = join(home, 'postgres');
    const names = () => readdir(folder).catch(() => []);
    await until(async () => (await names()).some((name) => name.startsWith('new-')));
    await user.kill('SIGKILL');
    const left = await names();
    expect(left).toContain('lock');
    expect(left).not.toContain('data');
    // initdb does not continue from files that an earlier run wrote.
    await mkdir(join(folder, 'new-half', 'data'), { recursive: true });
    await writeFile(join(folder, 'new-half', 'data', 'PG_VERSION'), '18\n');

    const next = await openEmbedded(home);
    expect(await query(next.url, 'SELECT current_database() AS name')).toEqual([{ name: 'vidgenie' }]);
    expect((await names()).filter((name) => name.startsWith('new-'))).toEqual([]);
    await next.close();
  });

  test('of the holder of the lock does not keep others waiting, and only one of them gets it at a time', async () => {
    const folder = join(home, 'postgres');
    await mkdir(folder, { recursive: true });
    const lock = join(folder, 'lock');
    let inside = 0;
    let max = 0;
    const work = async () => {
      max = Math.max(max, ++inside);
      for (let step = 0; step < 20; step++) await readdir(folder);
      inside--;
    };
    for (let round = 0; round < 5; round++) {
      // Its holder, of another boot, has not touched it since 1970.
      await symlink(`000000000000.1.1.dead${round}`, lock);
      await lutimes(lock, 0, 0);
      await Promise.all(Array.from({ length: 20 }, () => withLock(lock, work)));
    }
    expect(max).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });
});
