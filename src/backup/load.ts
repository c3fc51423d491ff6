import { addAbortSignal, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { z } from 'zod';
import { migrateDatabase } from '../db/migrate.ts';
import { readMigrations } from '../db/migrations.ts';
import { copyIn, copyOut } from './copy.ts';
import { BackupError } from './error.ts';
import { hasOrigin, writeOrigin } from './origin.ts';
import { inTransaction, withClient } from './session.ts';
import { firstUsed, listed, quoted, type Shape, shapeOf, type Table } from './shape.ts';
import type { RowSource } from './snapshot.ts';
import { createTally, type Tally } from './tally.ts';

export type Loading = {
  /** Names the backup or the move. The database keeps it until {@link finishLoading}. */
  id: string;
  signal: AbortSignal;
  onTable: (table: Table) => void;
  onBytes: (bytes: number) => void;
  /** Looks at the rows before they are committed. If it throws, the database stays empty. */
  check: (client: pg.Client) => Promise<void>;
};

/**
 * Fills an empty database with the rows of a source, in one transaction: if it fails or is killed, the database is as empty as
 * before. It makes the schema with our own migrations, compares what is stored with what was sent, and then migrates to the newest
 * schema. If an attempt of the same id has filled the database already, it does what comes after. Returns the number of rows.
 */
export async function loadDatabase(url: string, source: RowSource, loading: Loading): Promise<number> {
  const { id, signal } = loading;
  const { migration } = source;
  signal.throwIfAborted();
  const isAlreadyFilled = await isFilled(url, { id, migration });
  if (!isAlreadyFilled) await migrateDatabase(url, { through: migration });
  const rows = await withClient(url, (client) =>
    inTransaction(client, '', () => (isAlreadyFilled ? lookAgain : fill)(client, source, loading)),
  );
  // The server would plan badly until it looks at the tables by itself. The role may have limits that are too short for it.
  await withClient(url, (client) =>
    inTransaction(client, '', async () => {
      for (const { name } of source.tables) {
        signal.throwIfAborted();
        await client.query(`ANALYZE ${quoted(name)}`);
      }
    }),
  );
  await migrateDatabase(url);
  return rows;
}

/** Everything is done: from now on the rows of the database are like any others. */
export const finishLoading = (url: string): Promise<void> => withClient(url, (client) => writeOrigin(client, null));

/**
 * Whether an interrupted attempt of this id has filled the database. Refuses a database that has anything else in it, or a newer
 * schema than the rows.
 */
export async function isFilled(url: string, { id, migration }: { id: string; migration: number }): Promise<boolean> {
  const known = await readMigrations();
  if (!known.some(({ madeAt }) => madeAt === migration))
    throw new BackupError(
      'The rows are of a schema that this version of VidGenie does not know: use the version that wrote them, or a newer one.',
    );
  return await withClient(url, async (client) => {
    if (await hasOrigin(client, id)) return true;
    const shape = await shapeOf(client);
    await refuseRows(client, shape);
    if (shape.migration !== null && shape.migration > migration)
      throw new BackupError(
        'The database is empty, but its schema is newer than the rows: make a new database, and let nothing migrate it before.',
      );
    return false;
  });
}

/** Refuses rows of an interrupted attempt if somebody has used them since, which adds rows to one table or another. */
export async function refuseUsedSince(url: string, written: readonly { name: string; rows: number }[]): Promise<void> {
  await withClient(url, (client) =>
    inTransaction(client, 'READ ONLY', async () => {
      for (const { name, rows } of written) {
        const found = await countOf(client, name);
        if (found !== rows)
          throw new BackupError(
            `The database is not empty: an interrupted restore of this backup filled it, and it was used since (the table ${name} has ${found} rows, and ${rows} in the backup). Nothing there is overwritten: name an empty one.`,
          );
      }
    }),
  );
}

async function refuseRows(client: pg.Client, { tables, foreign, migration }: Shape): Promise<void> {
  const used = await firstUsed(client, tables);
  if (used !== null)
    throw new BackupError(
      `The database is not empty (the table ${used} has rows), and nothing there is overwritten: name an empty one.`,
    );
  if (migration === null && foreign.length > 0)
    throw new BackupError(
      `The database has tables of another program (${foreign[0]}), and VidGenie wants one of its own: name an empty one.`,
    );
}

async function fill(client: pg.Client, source: RowSource, loading: Loading): Promise<number> {
  const { id, signal } = loading;
  const names = (await shapeOf(client)).tables.map(({ name }) => quoted(name)).join(', ');
  await client.query(`LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`);
  const target = await shapeOf(client);
  refuseOtherShape(source, target);
  await refuseRows(client, target);
  const constraints = await dropForeignKeys(client);
  for (const { name } of target.tables) await client.query(`ALTER TABLE ${quoted(name)} DISABLE TRIGGER USER`);
  // Rows of an attempt that failed still take space, and a migration may have written some. A new table keeps its rows in the order
  // in which they come.
  await client.query(`TRUNCATE ${names}`);
  let rows = 0;
  for (const table of source.tables) {
    signal.throwIfAborted();
    loading.onTable(table);
    const sent = await send(client, source, table, loading);
    requireSame(table, sent, await stored(client, table, signal));
    rows += sent.rows;
  }
  for (const { name, last } of source.sequences)
    await client.query('SELECT setval($1::regclass, $2)', [quoted(name), last]);
  for (const { table, name, definition } of constraints) {
    signal.throwIfAborted();
    await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${quoted(name)} ${definition}`);
  }
  for (const { name } of target.tables) await client.query(`ALTER TABLE ${quoted(name)} ENABLE TRIGGER USER`);
  await writeOrigin(client, id);
  await loading.check(client);
  return rows;
}

const counts = z.tuple([z.object({ rows: z.number() })]);

/** The rows are there and were compared before they were committed. */
async function lookAgain(client: pg.Client, { tables }: RowSource, { check }: Loading): Promise<number> {
  await check(client);
  let all = 0;
  for (const { name } of tables) all += await countOf(client, name);
  return all;
}

async function countOf(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query(`SELECT count(*)::float8 AS rows FROM ${quoted(table)}`);
  return counts.parse(rows)[0].rows;
}

function refuseOtherShape(source: RowSource, target: Shape): void {
  // Its migrations would have done nothing to the rows that come now.
  if (target.migration !== source.migration)
    throw new BackupError(
      'Something has migrated the new database meanwhile: stop every VidGenie that uses it, and name an empty one.',
    );
  for (const { name, columns } of source.tables) {
    const there = target.tables.find((one) => one.name === name);
    const missing = there ? columns.find((column) => !there.columns.includes(column)) : '';
    if (missing !== undefined)
      throw new BackupError(
        `The rows have ${missing === '' ? `a table ${name}` : `a column ${name}.${missing}`}, and the schema of that migration has not: use the version of VidGenie that wrote them.`,
      );
  }
}

async function send(client: pg.Client, source: RowSource, table: Table, { signal, onBytes }: Loading): Promise<Tally> {
  const { name, columns } = table;
  const rows = copyIn(client, `COPY ${quoted(name)} (${listed(columns)}) FROM STDIN`);
  try {
    return await source.send(table, addAbortSignal(signal, rows), onBytes);
  } catch (error) {
    // The server's message shows a value, which may be what somebody typed.
    if (error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? ''))
      throw new BackupError(`The rows of the table ${name} are damaged: the server does not take them.`, {
        cause: error,
      });
    throw error;
  }
}

/** Reads back what the table has now. The same rows give the same text on every server (see `session.ts`). */
async function stored(client: pg.Client, { name, columns }: Table, signal: AbortSignal): Promise<Tally> {
  const tally = createTally();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(
    copyOut(client, `COPY (SELECT ${listed(columns)} FROM ${quoted(name)}) TO STDOUT`),
    tally.stream,
    nowhere,
    { signal },
  );
  return tally.result();
}

function requireSame({ name }: Table, sent: Tally, found: Tally): void {
  if (found.rows === sent.rows && found.sha256 === sent.sha256) return;
  throw new BackupError(
    `The table ${name} does not have what was written into it (${sent.rows} rows sent, ${found.rows} found): look at the server's disk and log.`,
  );
}

const constraintRows = z.array(z.object({ table: z.string(), name: z.string(), definition: z.string() }));

/** Without them the order of tables does not matter, and each is checked for all rows at once when it comes back. */
async function dropForeignKeys(client: pg.Client): Promise<z.infer<typeof constraintRows>> {
  const { rows } = await client.query(`
    SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conparentid = 0 ORDER BY 1, 2`);
  const constraints = constraintRows.parse(rows);
  for (const { table, name } of constraints) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${quoted(name)}`);
  return constraints;
}
