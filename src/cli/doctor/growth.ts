import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { text } from '../../bots/terminal/person.ts';
import type { Db } from '../../db/client.ts';
import { type Finding, fine } from './finding.ts';

const { doctor: words } = text.operator;

const sizes = z.tuple([
  z.object({
    bytes: z.coerce.number(),
    runs: z.coerce.number(),
    tables: z.array(z.object({ name: z.string(), bytes: z.number() })),
  }),
]);

/** A smaller database is mostly PostgreSQL itself, so only its size is told. */
const fewRuns = 1_000;

/** How large the database is, for about how many runs, and its largest tables with their indexes. PostgreSQL keeps these numbers. */
export async function checkGrowth(db: Db): Promise<Finding> {
  const [{ bytes, runs, tables }] = sizes.parse([
    ...(await db.execute(sql`
      SELECT pg_database_size(current_database()) AS bytes,
        (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'runs'::regclass) AS runs,
        (SELECT jsonb_agg(t ORDER BY t.bytes DESC) FROM (
          SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class
          WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC LIMIT 4) t) AS tables`)),
  ]);
  const each = runs < fewRuns ? null : bytes / runs / 1_000;
  const largest = tables.map(({ name, bytes: size }) => `${name} ${text.measures.bytes(size)}`);
  return fine('growth', words.growth(text.measures.bytes(bytes), runs, each, largest));
}
