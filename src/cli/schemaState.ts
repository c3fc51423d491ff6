import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from '../db/client.ts';
import { newestApplied, readMigrations } from '../db/migrations.ts';

const counted = z.array(z.object({ count: z.coerce.number() }));

/** The number of migrations that the database has, and the number that this version of the program brings. */
export async function appliedMigrations(tx: Tx): Promise<{ applied: number; known: number }> {
  const { length: known } = await readMigrations();
  if ((await newestApplied(tx)) === 0) return { applied: 0, known };
  const [row] = counted.parse(
    // One that has begun and is not over has a negative moment.
    await tx.execute(sql`SELECT count(*) AS count FROM drizzle.__drizzle_migrations WHERE created_at > 0`),
  );
  return { applied: row?.count ?? 0, known };
}
