import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';

export const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));

export type Migration = {
  /** The file's name without `.sql`. */
  tag: string;
  /** When drizzle-kit made it, in milliseconds. A database keeps this number of each migration that it has. */
  madeAt: number;
  hash: string;
  statements: readonly string[];
  /** Carried out statement by statement while bots and workers go on. Such a file may be repeated from its beginning. */
  isOnline: boolean;
};

const journal = z.object({ entries: z.array(z.object({ tag: z.string(), when: z.number() })) });

/** The migrations of a folder of drizzle-kit, in their order. */
export async function readMigrations(folder = migrationsFolder): Promise<Migration[]> {
  const { entries } = journal.parse(JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')));
  return await Promise.all(
    entries.map(async ({ tag, when }) => {
      const file = await readFile(join(folder, `${tag}.sql`), 'utf8');
      return {
        tag,
        madeAt: when,
        hash: createHash('sha256').update(file).digest('hex'),
        statements: file.split('--> statement-breakpoint').map((statement) => statement.trim()),
        isOnline: file.startsWith('-- online'),
      };
    }),
  );
}

const lastOnes = z.tuple([z.object({ last: z.coerce.number().nullable() })]);
const tables = z.tuple([z.object({ found: z.boolean() })]);

/** The newest migration that the database has, as its {@link Migration.madeAt}. 0: it has none. It stands for all before it. */
export async function newestApplied(tx: Tx): Promise<number> {
  const table = await tx.execute(sql`SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS found`);
  if (!tables.parse([...table])[0].found) return 0;
  const rows = await tx.execute(sql`SELECT max(created_at) AS last FROM drizzle.__drizzle_migrations`);
  return lastOnes.parse([...rows])[0].last ?? 0;
}
