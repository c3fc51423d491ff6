import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { binariesFor } from './embedded/binaries.ts';
import { type Cluster, locateCluster } from './embedded/cluster.ts';
import { orMissing, writing } from './embedded/failure.ts';
import { ensureInitialised } from './embedded/initdb.ts';
import { withLock } from './embedded/lock.ts';
import { countMembers, enter, refuseOtherContainers } from './embedded/members.ts';
import { beginMove, type MoveNote, refuseMoved } from './embedded/moveNote.ts';
import { findPostmaster, type Postmaster, stopPostmaster } from './embedded/postmaster.ts';
import { prepareFolder, readRecord } from './embedded/record.ts';
import { startPostmaster } from './embedded/start.ts';
import { createDatabaseIfMissing, urlOf } from './embedded/vidgenieDatabase.ts';

/**
 * The PostgreSQL that comes with VidGenie: real binaries from npm, data in `<home>/postgres`, one server for all processes of a
 * home. The first process starts the server, the others attach, and the last to leave stops it. A killed process counts as gone.
 * If it left the server running, the next process takes the server over.
 */
export type EmbeddedServer = {
  /** `postgres://…@127.0.0.1:<port>/vidgenie`, with the password: never log it. */
  url: string;
  /** False if the server was running already. */
  started: boolean;
  /** Leaves the server. The last process to leave stops it. A second call does nothing. */
  close: () => Promise<void>;
};

type Options = {
  onNotice?: (message: string) => void;
  /** Refuses if another process uses the server at this moment. */
  isRunningRefused?: boolean;
};

/** Starts or attaches to the embedded PostgreSQL of `home`. Error messages are sentences for the operator. */
export async function openEmbedded(
  home: string,
  { onNotice = () => undefined, isRunningRefused = false }: Options = {},
): Promise<EmbeddedServer> {
  const folder = await prepareFolder(home);
  return exclusively(folder, async () => {
    await refuseMoved(folder);
    const others = await countOthers(folder, onNotice);
    if (isRunningRefused) refuseRunning(home, others);
    return await attach(folder, others, onNotice);
  });
}

/**
 * The same for a move to another database, which no process must use meanwhile: it refuses if one does, and leaves a note that makes
 * every later one refuse, in one step under the lock.
 */
export async function openToMove(home: string, to: string): Promise<EmbeddedServer & { note: MoveNote }> {
  const folder = await prepareFolder(home);
  const onNotice = () => undefined;
  return exclusively(folder, async () => {
    refuseRunning(home, await countOthers(folder, onNotice));
    const note = await beginMove(folder, to);
    try {
      return { ...(await attach(folder, 0, onNotice)), note };
    } catch (error) {
      if (!note.isResumed) await note.withdraw();
      throw error;
    }
  });
}

async function countOthers(folder: string, onNotice: (message: string) => void): Promise<number> {
  await refuseOtherContainers(folder, onNotice);
  return await countMembers(folder, { prune: true });
}

function refuseRunning(home: string, others: number): void {
  if (others > 0) throw new Error(`VidGenie is running in ${home}: stop it first`);
}

/** Call it under the lock. */
async function attach(folder: string, others: number, onNotice: (message: string) => void): Promise<EmbeddedServer> {
  const cluster = await locateCluster(folder, onNotice);
  const { postmaster, started } = await runningServer(cluster, others, onNotice);
  const leave = await writing(folder, () => enter(folder));
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= leaveServer(cluster, postmaster, leave);
    return closed;
  };
  return { url: urlOf(postmaster.port, cluster.record.password), started, close };
}

/** The state for `vidgenie doctor`. It only reads. `members` counts the living processes' uses of the server. */
export async function describeEmbedded(
  home: string,
): Promise<{ dataDir: string; port: number | null; running: boolean; members: number }> {
  const folder = (await orMissing(realpath(join(resolve(home), 'postgres')))) ?? join(resolve(home), 'postgres');
  const dataDir = resolve(folder, (await readRecord(folder))?.dataDir ?? 'data');
  const [postmaster, members] = [await findPostmaster(dataDir), await countMembers(folder, { prune: false })];
  return { dataDir, port: postmaster?.port ?? null, running: postmaster !== null, members };
}

function exclusively<T>(folder: string, work: () => Promise<T>): Promise<T> {
  return writing(folder, () => withLock(join(folder, 'lock'), work));
}

async function runningServer(
  cluster: Cluster,
  otherMembers: number,
  onNotice: (message: string) => void,
): Promise<{ postmaster: Postmaster; started: boolean }> {
  const found = await findPostmaster(cluster.dataDir);
  const answer = found ? await createDatabaseIfMissing(found, cluster.record.password) : 'gone';
  if (found && answer === 'ok') return { postmaster: found, started: false };
  if (found && answer === 'silent') {
    // Other processes may be waiting for it as well. We may end it only if no other process uses it.
    if (otherMembers > 0)
      throw new Error(silent(found, `stop every VidGenie that uses ${cluster.folder}, then try again`));
    onNotice(silent(found, 'it is started anew'));
    await stopPostmaster(found, 'immediate');
  }
  const binaries = await binariesFor(cluster.account);
  await ensureInitialised(cluster, binaries);
  const postmaster = await startPostmaster(cluster, binaries);
  if ((await createDatabaseIfMissing(postmaster, cluster.record.password)) === 'ok')
    return { postmaster, started: true };
  await stopPostmaster(postmaster, 'immediate');
  throw new Error(silent(postmaster, `see ${join(cluster.folder, 'server.log')}`));
}

function silent({ pid, port }: Postmaster, what: string): string {
  return `the embedded PostgreSQL (process ${pid}) does not answer on port ${port} of 127.0.0.1; ${what}`;
}

async function leaveServer(cluster: Cluster, postmaster: Postmaster, leave: () => Promise<void>): Promise<void> {
  const { folder, dataDir, record } = cluster;
  // Somebody deleted the home, and perhaps made a new one with the same path, so this server has no data any more.
  if ((await readRecord(folder))?.id !== record.id) {
    await leave();
    return stopPostmaster(postmaster, 'immediate');
  }
  await exclusively(folder, async () => {
    await leave();
    if ((await countMembers(folder, { prune: true })) > 0) return;
    const running = await findPostmaster(dataDir);
    if (running) await stopPostmaster(running, 'fast');
  });
}
