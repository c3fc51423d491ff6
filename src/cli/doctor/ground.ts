import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import { type Database, openDatabase } from '../../db/client.ts';
import { describeEmbedded, openEmbedded } from '../../db/embedded.ts';
import { databaseName, reasonOf } from '../explain.ts';
import { openingError } from '../open.ts';
import { appliedMigrations } from '../schemaState.ts';

const { doctor: words } = text.operator;

/** What the doctor has to say about one part. */
export type Finding = { part: keyof typeof words.parts; isFine: boolean; says: string };

const neededNode = '24.12';

export function checkNode(): Finding {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isFine = major > 24 || (major === 24 && minor >= 12);
  return { part: 'node', isFine, says: isFine ? node : words.oldNode(node, neededNode) };
}

/** A run's image and video take a few dozen megabytes; PostgreSQL wants room for its journal. */
const leastFreeBytes = 500_000_000;

export async function checkHome(home: string): Promise<Finding> {
  const probe = join(home, `.check-${randomUUID()}`);
  try {
    await mkdir(home, { recursive: true });
    await writeFile(probe, '');
    await rm(probe);
    const { bavail, bsize } = await statfs(home);
    const isFine = bavail * bsize >= leastFreeBytes;
    const free = text.measures.bytes(bavail * bsize);
    return { part: 'home', isFine, says: isFine ? words.homeFine(home, free) : words.homeFull(home, free) };
  } catch (error) {
    return { part: 'home', isFine: false, says: words.homeClosed(home, reasonOf(error)) };
  }
}

export type DatabaseCheck = {
  findings: Finding[];
  /** True when the rest of the program can stand on it. */
  isReady: boolean;
  close: () => Promise<void>;
};

/** Looks at the database without bringing it up to date: somebody may want to know before they do. */
export async function checkDatabase(config: Config): Promise<DatabaseCheck> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    if (config.databaseUrl === null && !(await hasEmbedded(config.home))) {
      return { findings: [{ part: 'database', isFine: true, says: words.noDatabaseYet }], isReady: false, close };
    }
    const url = config.databaseUrl ?? (await openOwn(config.home, closers));
    const database = openDatabase(url, { connections: 1 });
    closers.push(database.close);
    return { ...(await examine(database, config)), close };
  } catch (error) {
    const says = config.databaseUrl === null ? reasonOf(error) : reasonOf(openingError(error, config));
    return { findings: [{ part: 'database', isFine: false, says }], isReady: false, close };
  }
}

const hasEmbedded = async (home: string) =>
  await stat((await describeEmbedded(home)).dataDir).then(
    () => true,
    () => false,
  );

async function openOwn(home: string, closers: (() => Promise<void>)[]): Promise<string> {
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
  const migrations =
    applied < known
      ? words.migrationsMissing(known - applied)
      : applied > known
        ? words.migrationsNewer(applied - known)
        : words.migrationsFine(known);
  return {
    findings: [
      { part: 'database', isFine: isNew, says: isNew ? answers : words.oldDatabase(version) },
      { part: 'migrations', isFine: applied === known, says: migrations },
    ],
    isReady: isNew && applied === known,
  };
}
