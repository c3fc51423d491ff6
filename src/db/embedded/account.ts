import { stat } from 'node:fs/promises';
import { ChildFailed, runChild } from '../../childProcess.ts';

/** The user that runs the server if this process is root. PostgreSQL refuses to run as root. */
export type Account = { name: string; uid: number; gid: number };

export const isRoot = (): boolean => process.getuid?.() === 0;

/** How to start PostgreSQL's programs. The account must be able to enter the working directory. */
export function programOptions(account: Account | null) {
  const path = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const identity = account ? { uid: account.uid, gid: account.gid } : {};
  return { cwd: '/', environment: { PATH: path, LC_ALL: 'C', TZ: 'UTC' }, ...identity } as const;
}

type Finished = { ok: boolean; output: string };

/** Runs a program to its end as the account. A program that cannot be started counts as failed. */
export async function runAs(account: Account | null, program: string, args: readonly string[]): Promise<Finished> {
  try {
    const { stdout, stderr } = await runChild(program, args, programOptions(account));
    return { ok: true, output: `${stdout}${stderr}`.trim() };
  } catch (error) {
    if (!(error instanceof ChildFailed)) throw error;
    return { ok: false, output: error.output || error.message };
  }
}

export async function mayEnter(account: Account, folder: string): Promise<boolean> {
  return (await runAs(account, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder])).ok;
}

/** The owner of a file or folder if it is an ordinary user with a name. initdb refuses user ids without a name. */
export async function ordinaryOwner(path: string): Promise<Account | null> {
  const { uid } = await stat(path);
  return uid === 0 ? null : lookUp(String(uid));
}

/** An unprivileged user of this machine. Creates one if there is none. */
export async function systemAccount(): Promise<Account> {
  const account = (await firstKnown()) ?? (await addAccount());
  const { ok, output } = await runAs(account, '/bin/sh', ['-c', ':']);
  if (ok) return account;
  throw new Error(
    `PostgreSQL does not run as root, and this process may not start it as user "${account.name}" (${output}); run VidGenie as an ordinary user, or set DATABASE_URL`,
  );
}

async function addAccount(): Promise<Account> {
  const reasons: string[] = [];
  for (const commands of waysToAddUser) {
    for (const [program, ...args] of commands) {
      // A command may fail because the group exists already or another process was faster. The next command may still succeed.
      const { ok, output } = await runAs(null, program, args);
      if (!ok) reasons.push(output);
    }
    const made = await firstKnown();
    if (made) return made;
  }
  throw new Error(
    `PostgreSQL does not run as root, and no user could be made for it (${reasons.join('; ')}); create a user called "vidgenie", run VidGenie as an ordinary user, or set DATABASE_URL`,
  );
}

/** Our own name comes first. An installed PostgreSQL brings "postgres", and macOS brings "_postgres". */
const knownNames = ['vidgenie', 'postgres', '_postgres'] as const;

const waysToAddUser = [
  [
    ['groupadd', '--system', 'vidgenie'],
    ['useradd', '--system', '-g', 'vidgenie', '-M', '-d', '/nonexistent', '-s', '/bin/false', 'vidgenie'],
  ],
  [
    ['addgroup', '-S', 'vidgenie'],
    ['adduser', '-S', '-D', '-H', '-G', 'vidgenie', 'vidgenie'],
  ],
] as const;

async function firstKnown(): Promise<Account | null> {
  for (const name of knownNames) {
    const account = await lookUp(name);
    if (account) return account;
  }
  return null;
}

async function lookUp(nameOrUid: string): Promise<Account | null> {
  const ask = (flag: string) => runAs(null, 'id', [flag, nameOrUid]);
  const [name, uid, gid] = await Promise.all([ask('-un'), ask('-u'), ask('-g')]);
  const known = name.ok && uid.ok && gid.ok && uid.output !== '0';
  return known ? { name: name.output, uid: Number(uid.output), gid: Number(gid.output) } : null;
}
