import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { z } from 'zod';
import * as schema from '../db/schema.ts';

/** A table and the columns that are copied. `estimate` is about how many rows it has. */
export type Table = { name: string; columns: string[]; estimate: number };
export type Sequence = { name: string; last: string };

/**
 * The tables, sequences and foreign keys of a database. `migration` is the time of its newest migration, null before the first.
 * `isMigrating`: the next one has begun and is not finished, so the tables are between two schemas.
 */
export type Shape = {
  migration: number | null;
  isMigrating: boolean;
  tables: Table[];
  sequences: Sequence[];
  foreign: string[];
};

const ours: ReadonlySet<string> = new Set(
  Object.values(schema).flatMap((one) => (is(one, PgTable) ? [getTableName(one)] : [])),
);

const found = z.array(z.object({ name: z.string(), columns: z.array(z.string()), estimate: z.number() }));
const sequences = z.array(z.object({ name: z.string(), last: z.string() }));
const migrations = z.tuple([z.object({ newest: z.coerce.number().nullable(), isMigrating: z.boolean() })]);

/**
 * Reads what the database has. The queue keeps its tables in a schema of its own. They are no part of it: what they hold may be lost
 * at any time, because every run that is due stands in our own tables.
 */
export async function shapeOf(client: pg.Client): Promise<Shape> {
  const tables = found.parse(
    (
      await client.query(`
        SELECT c.relname AS name, json_agg(a.attname ORDER BY a.attnum) AS columns, greatest(c.reltuples, 0)::float8 AS estimate
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        GROUP BY c.oid, c.relname, c.reltuples ORDER BY c.relname`)
    ).rows,
  );
  const known = tables.filter(({ name }) => ours.has(name));
  return {
    ...(await migrationOf(client)),
    tables: known,
    sequences: sequences.parse(
      (
        await client.query(
          `SELECT sequencename AS name, last_value::text AS last FROM pg_sequences
           WHERE schemaname = 'public' AND last_value IS NOT NULL ORDER BY 1`,
        )
      ).rows,
    ),
    foreign: tables.filter((one) => !known.includes(one)).map(({ name }) => name),
  };
}

async function migrationOf(client: pg.Client): Promise<Pick<Shape, 'migration' | 'isMigrating'>> {
  const { rows } = await client.query(`SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS there`);
  if (!z.array(z.object({ there: z.boolean() })).parse(rows)[0]?.there) return { migration: null, isMigrating: false };
  // A negative moment is that of a migration that has begun (see `noteBegun` of the migrator).
  const noted = await client.query(`
    SELECT max(created_at) AS newest, coalesce(-min(created_at) > max(created_at), false) AS "isMigrating"
    FROM drizzle.__drizzle_migrations`);
  const [{ newest, isMigrating }] = migrations.parse(noted.rows);
  return { migration: newest, isMigrating };
}

/** Tables that have rows as soon as somebody has used VidGenie. Others may have rows that a migration writes. */
const telling: readonly string[] = ['workspaces', 'runs', 'credit_transactions', 'key_audit'];

/** The first table that shows that somebody has used VidGenie with this database. Null: nobody has. */
export async function firstUsed(client: pg.Client, tables: readonly Table[]): Promise<string | null> {
  for (const { name } of tables.filter((table) => telling.includes(table.name))) {
    const { rows } = await client.query(`SELECT 1 FROM ${quoted(name)} LIMIT 1`);
    if (rows.length > 0) return name;
  }
  return null;
}

export const quoted = (name: string): string => pg.escapeIdentifier(name);
export const listed = (columns: readonly string[]): string => columns.map(quoted).join(', ');
