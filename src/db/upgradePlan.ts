import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';
import { newestApplied, readMigrations } from './migrations.ts';
import { blocksOf, type Effect, effectsOf, headOf } from './statementLocks.ts';
import { type TransactionInTheWay, transactionsInTheWay } from './transactionsInTheWay.ts';

/**
 * Rows a second of one core, measured by processor time with 1,000,000 runs on an Intel Xeon and rounded down: 350,000 to 570,000 for
 * an index, 3,400,000 for a check, 27,000 for steps that are filled. A server that is busy otherwise takes longer.
 */
export const measuredRows = { index: 250_000, check: 3_000_000, fill: 20_000 } as const;
/** In seconds. A statement that does not depend on the number of rows. */
const momentSeconds = 0.01;

export type PlannedEffect = Pick<Effect, 'does' | 'table' | 'name' | 'lock'> & {
  blocks: ReturnType<typeof blocksOf>;
  /** The rows of the table if the work grows with them. */
  rows: number | null;
  seconds: number;
  /** Bytes on disk: of the index, or of the new versions of rows. */
  bytes: number;
};

export type UpgradePlan = {
  serverVersion: string;
  /** As `server_version_num`. */
  serverNumber: number;
  migrations: { tag: string; isOnline: boolean; statements: { statement: string; effects: PlannedEffect[] }[] }[];
  /** True if the database has migrations that this version of the program does not know. */
  isNewer: boolean;
  seconds: number;
  bytes: number;
  /** The transactions for which a migration would have to wait now. */
  inTheWay: TransactionInTheWay[];
  /** Connections of VidGenie to this database. */
  connections: number;
};

/** In milliseconds. Transactions of VidGenie take less. */
const defaultLongMs = 10_000;

const servers = z.tuple([z.object({ number: z.int(), version: z.string(), connections: z.int() })]);

/** Tells what a start of this version would migrate. It changes nothing. */
export async function planUpgrade(tx: Tx, { longMs = defaultLongMs } = {}): Promise<UpgradePlan> {
  const all = await readMigrations();
  const newest = await newestApplied(tx);
  const sizes = await sizesOf(tx);
  const [server] = servers.parse([
    ...(await tx.execute(sql`
      SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
        (SELECT count(*)::int FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'vidgenie' AND pid <> pg_backend_pid()) AS connections`)),
  ]);
  const migrations = all
    .filter(({ madeAt }) => madeAt > newest)
    .map((migration) => {
      const effects = effectsOf(migration);
      const statements = migration.statements.map((statement, index) => ({
        statement: headOf(statement),
        effects: (effects[index] ?? []).map((effect) => planned(effect, statement, sizes)),
      }));
      return { tag: migration.tag, isOnline: migration.isOnline, statements };
    });
  const every = migrations.flatMap(({ statements }) => statements).flatMap(({ effects }) => effects);
  const sum = (of: (effect: PlannedEffect) => number) => every.reduce((total, effect) => total + of(effect), 0);
  return {
    serverVersion: server.version.split(' ')[0] ?? '',
    serverNumber: server.number,
    migrations,
    isNewer: newest > (all.at(-1)?.madeAt ?? 0),
    seconds: sum(({ seconds }) => seconds),
    bytes: sum(({ bytes }) => bytes),
    inTheWay: await transactionsInTheWay(tx, { olderThanMs: longMs }),
    connections: server.connections,
  };
}

type Size = { rows: number; bytes: number; widths: ReadonlyMap<string, number> };

const sizeRows = z.array(
  z.object({
    table: z.string(),
    rows: z.number(),
    bytes: z.coerce.number(),
    widths: z.record(z.string(), z.number()).nullable(),
  }),
);

/** The size of each table by what PostgreSQL knows of it, without a look at its rows. `widths` are bytes of an average value. */
async function sizesOf(tx: Tx): Promise<ReadonlyMap<string, Size>> {
  const rows = sizeRows.parse([
    ...(await tx.execute(sql`
      SELECT c.relname AS table, greatest(c.reltuples, s.n_live_tup, 0)::float8 AS rows, pg_table_size(c.oid) AS bytes,
        (SELECT json_object_agg(attname, avg_width) FROM pg_stats WHERE schemaname = 'public' AND tablename = c.relname) AS widths
      FROM pg_class c LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
      WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`)),
  ]);
  return new Map(
    rows.map(({ table, widths, ...size }) => [table, { ...size, widths: new Map(Object.entries(widths ?? {})) }]),
  );
}

/** In bytes: a row's entry in an index besides its values, with the free space of the pages. */
const entryBytes = 16;
const unknownWidth = 8;

function planned(effect: Effect, statement: string, sizes: ReadonlyMap<string, Size>): PlannedEffect {
  const { does, table, name, lock, cost } = effect;
  const common = { does, table, name, lock, blocks: blocksOf(effect) };
  const size = table === null ? undefined : sizes.get(table);
  if (cost === 'moment' || !size) return { ...common, rows: null, seconds: momentSeconds, bytes: 0 };
  const { rows, bytes, widths } = size;
  if (does === 'fill') return { ...common, rows, seconds: rows / measuredRows.fill, bytes };
  if (does !== 'index') return { ...common, rows, seconds: rows / measuredRows.check, bytes: 0 };
  const [, list = ''] = /\bON [^(]*\(([^)]*)/.exec(statement) ?? [];
  const columns = [...list.matchAll(/"(\w+)"/g)].map(([, column = '']) => widths.get(column) ?? unknownWidth);
  const width = columns.reduce((total, one) => total + one, entryBytes);
  return { ...common, rows, seconds: rows / measuredRows.index, bytes: rows * width };
}
