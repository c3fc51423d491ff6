import { randomUUID } from 'node:crypto';
import { access, constants, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import { type Database, openDatabase } from '../../db/client.ts';
import { unfinishedMove } from '../../db/embedded/moveNote.ts';
import { describeEmbedded, openEmbedded } from '../../db/embedded.ts';
import { findFfmpeg, noFfmpegAdvice } from '../../pipeline/media/ffmpeg.ts';
import { diskOf, reserveOf } from '../../pipeline/space.ts';
import { databaseName, reasonOf } from '../explain.ts';
import { openingError } from '../open.ts';
import { appliedMigrations } from '../schemaState.ts';
import { type Finding, fine, warning, wrong } from './finding.ts';

const { doctor: words } = text.operator;

const neededNode = '24.12';

/** Of statements, of notifications, and of the queue in PostgreSQL. */
const connectionsPerProcess = 20;

export function checkNode(): Finding {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isNew = major > 24 || (major === 24 && minor >= 12);
  return isNew ? fine('node', node) : wrong('node', words.oldNode(node, neededNode));
}

/**
 * Writes into the home folder if it exists. Before the first start it makes nothing, and the nearest existing parent folder
 * must be writable.
 */
export async function checkHome({
  home,
  minFreeDiskBytes,
}: Pick<Config, 'home' | 'minFreeDiskBytes'>): Promise<Finding> {
  try {
    const isThere = await exists(home);
    const at = isThere ? home : await nearest(home);
    if (isThere) await tryToWrite(home);
    else await access(at, constants.W_OK | constants.X_OK);
    const short = await shortageOf(at, minFreeDiskBytes);
    if (short) return wrong('home', words.homeFull(home, short.free, short.reserve));
    const free = text.measures.bytes((await diskOf(at)).freeBytes);
    return fine('home', isThere ? words.homeFine(home, free) : words.homeNew(home, free));
  } catch (error) {
    return wrong('home', words.homeClosed(home, reasonOf(error)));
  }
}

/** The room on the disk of a folder, and how much VidGenie wants there, in words. Null if there is enough. */
async function shortageOf(folder: string, minFreeDiskBytes: number | null) {
  const { freeBytes, bytes } = await diskOf(folder);
  const reserve = reserveOf(minFreeDiskBytes, bytes);
  return freeBytes < reserve ? { free: text.measures.bytes(freeBytes), reserve: text.measures.bytes(reserve) } : null;
}

async function tryToWrite(folder: string): Promise<void> {
  const probe = join(folder, `.check-${randomUUID()}`);
  await writeFile(probe, '');
  await rm(probe);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    },
  );

const nearest = async (path: string): Promise<string> =>
  (await exists(dirname(path))) ? dirname(path) : await nearest(dirname(path));

/** Writes, reads and removes an object. The folder for files is made with the first run. */
export async function checkMedia(config: Pick<Config, 's3' | 'home' | 'minFreeDiskBytes'>): Promise<Finding> {
  const folder = join(config.home, 'media');
  if (config.s3 === null && !(await exists(folder))) return fine('media', words.mediaNew(folder));
  const { openStore } = await import('../../program.ts');
  await openStore(config).check();
  const short = config.s3 ? null : await shortageOf(folder, config.minFreeDiskBytes);
  if (short) return wrong('media', words.diskFull(folder, short.free, short.reserve));
  return fine('media', config.s3 ? words.mediaFine(config.s3.bucket) : words.mediaFine(folder));
}

export async function checkFfmpeg(): Promise<Finding> {
  const found = await findFfmpeg();
  return found ? fine('ffmpeg', words.ffmpegFine(found.version, found.isBundled)) : wrong('ffmpeg', noFfmpegAdvice);
}

export type DatabaseCheck = {
  findings: Finding[];
  /** True if the rest of the program can use the database. */
  isReady: boolean;
  close: () => Promise<void>;
};

/** Checks the database without migrating it, because the operator may want to know first. */
export async function checkDatabase(config: Config): Promise<DatabaseCheck> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const unfinished = await unfinishedMove(config.home);
    if (unfinished !== null) return { findings: [wrong('database', unfinished)], isReady: false, close };
    if (config.databaseUrl === null && !(await hasEmbedded(config.home))) {
      return { findings: [fine('database', words.noDatabaseYet)], isReady: false, close };
    }
    const url = config.databaseUrl ?? (await openOwn(config.home, closers));
    const database = openDatabase(url, { connections: 1, directUrl: config.databaseDirectUrl });
    closers.push(database.close);
    const problem = config.databaseDirectUrl === null ? null : await problemOfDirect(config.databaseDirectUrl);
    const { findings, isReady } = await examine(database, config);
    const all = [...findings, ...(await ownDiskOf(config))];
    if (problem === null) return { findings: all, isReady, close };
    return { findings: [...all, wrong('database', words.directAway(problem))], isReady: false, close };
  } catch (error) {
    const says = config.databaseUrl === null ? reasonOf(error) : reasonOf(openingError(error, config));
    return { findings: [wrong('database', says)], isReady: false, close };
  }
}

/** Migrations and notifications need the server itself. */
async function problemOfDirect(url: string): Promise<string | null> {
  const direct = openDatabase(url, { connections: 1 });
  try {
    await direct.db.execute(sql`SELECT 1`);
    return null;
  } catch (error) {
    return reasonOf(error);
  } finally {
    await direct.close();
  }
}

/** The embedded PostgreSQL may lie on another disk than the home. */
async function ownDiskOf({ home, databaseUrl, minFreeDiskBytes }: Config): Promise<Finding[]> {
  if (databaseUrl !== null) return [];
  const { dataDir } = await describeEmbedded(home);
  const short = await shortageOf(dataDir, minFreeDiskBytes);
  return short ? [wrong('database', words.diskFull(dataDir, short.free, short.reserve))] : [];
}

export const hasEmbedded = async (home: string) => await exists((await describeEmbedded(home)).dataDir);

export async function openOwn(home: string, closers: (() => Promise<void>)[]): Promise<string> {
  const server = await openEmbedded(home);
  closers.push(server.close);
  return server.url;
}

const versions = z.array(z.object({ number: z.coerce.number(), version: z.string() }));
const oldestVersion = 150_000;

async function examine({ db }: Database, config: Config): Promise<{ findings: Finding[]; isReady: boolean }> {
  const [row] = versions.parse(
    await db.execute(sql`
      SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`),
  );
  const version = row?.version.split(' ')[0] ?? '';
  const isNew = (row?.number ?? 0) >= oldestVersion;
  const answers =
    config.databaseUrl === null ? words.embedded(version) : words.external(version, databaseName(config.databaseUrl));
  const { applied, known } = await appliedMigrations(db);
  return {
    findings: [
      isNew ? fine('database', answers) : wrong('database', words.oldDatabase(version)),
      migrationsOf(applied, known),
      ...(await connectionsOf(db)),
    ],
    isReady: isNew && applied === known,
  };
}

const connections = z.array(z.object({ max: z.coerce.number(), used: z.coerce.number() }));

/** Says nothing while another process could open as many connections as it may need. */
async function connectionsOf(db: Database['db']): Promise<Finding[]> {
  const [row] = connections.parse(
    await db.execute(sql`
      SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
          - coalesce(current_setting('reserved_connections', true), '0')::int AS max,
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used`),
  );
  if (!row || row.max - row.used >= connectionsPerProcess) return [];
  return [warning('database', words.connectionsShort(row.used, row.max, connectionsPerProcess))];
}

function migrationsOf(applied: number, known: number): Finding {
  if (applied < known) return wrong('migrations', words.migrationsMissing(known - applied));
  if (applied > known) return wrong('migrations', words.migrationsNewer(applied - known));
  return fine('migrations', words.migrationsFine(known));
}
