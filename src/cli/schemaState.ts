import { readFile } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from '../db/client.ts';

const journal = z.object({ entries: z.array(z.object({ tag: z.string() })) });
const counted = z.array(z.object({ count: z.coerce.number() }));
const exists = z.array(z.object({ found: z.boolean() }));

/** The number of migrations that the database has, and the number that this version of the program brings. */
export async function appliedMigrations(tx: Tx): Promise<{ applied: number; known: number }> {
  const file = new URL('../../drizzle/meta/_journal.json', import.meta.url);
  const { entries } = journal.parse(JSON.parse(await readFile(file, 'utf8')));
  const [table] = exists.parse(
    await tx.execute(sql`SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS found`),
  );
  if (!table?.found) return { applied: 0, known: entries.length };
  const [row] = counted.parse(await tx.execute(sql`SELECT count(*) AS count FROM drizzle.__drizzle_migrations`));
  return { applied: row?.count ?? 0, known: entries.length };
}
