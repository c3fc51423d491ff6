import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';

const bin = '/usr/lib/postgresql/15/bin';

/** Why a server of Debian's postgresql-15 cannot be started here. Null: it can. */
export function lacksPostgres15(): string | null {
  if (!existsSync(join(bin, 'initdb'))) return `there is no ${bin}/initdb: install postgresql-15`;
  return account() === null ? 'PostgreSQL does not run as root, and there is no user postgres' : null;
}

type Account = { uid?: number; gid?: number };

/** PostgreSQL refuses to run as root. */
function account(): Account | null {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((what) =>
    Number(spawnSync('id', [what, 'postgres'], { encoding: 'utf8' }).stdout),
  );
  return uid && gid ? { uid, gid } : null;
}

/** A real PostgreSQL 15 for one test, as an operator may have it: an empty database of a user who has no further rights. */
export async function startPostgres15(): Promise<Database> {
  const as = account() ?? {};
  const folder = await mkdtemp(join(tmpdir(), 'vidgenie-pg15-'));
  await chmod(folder, 0o755);
  if (as.uid !== undefined && as.gid !== undefined) await chown(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'admin', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...as,
    cwd: folder,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(made.stderr);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'];
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...as, cwd: folder, stdio: 'ignore' },
  );
  onTestFinished(async () => {
    server.kill('SIGQUIT');
    await once(server, 'exit');
    await rm(folder, { recursive: true, force: true });
  });
  const admin = `postgres://admin@127.0.0.1:${port}/postgres`;
  await expect.poll(() => answers(admin)).toBe(true);
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  await client.query(`CREATE ROLE operator LOGIN PASSWORD 'secret'`);
  await client.query('CREATE DATABASE vidgenie OWNER operator');
  await client.end();
  const database = openDatabase(`postgres://operator:secret@127.0.0.1:${port}/vidgenie`);
  onTestFinished(database.close);
  return database;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  return await client.connect().then(
    async () => {
      await client.end();
      return true;
    },
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
}
