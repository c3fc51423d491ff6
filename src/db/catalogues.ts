import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';
import { catalogues, type SecretProvider, secretProviders } from './schema.ts';

const row = z.object({
  id: z.string(),
  models: z.unknown(),
  changes: z.unknown(),
  lookedAt: z.date(),
  readAt: z.date().nullable(),
});
export type CatalogueRow = z.infer<typeof row>;

/** Every catalogue as it was read last. What the JSON holds is checked by its reader. */
export async function readCatalogues(tx: Tx): Promise<CatalogueRow[]> {
  const { id, models, changes, lookedAt, readAt } = catalogues;
  return z.array(row).parse(await tx.select({ id, models, changes, lookedAt, readAt }).from(catalogues));
}

/** How long a look counts, and after what time another process looks instead of one that failed or was killed. Milliseconds. */
export type LookTimes = { everyMs: number; againAfterMs: number };

/** A look that this process has claimed, with what was read before. `claim` is the moment of the claim, to the microsecond. */
const claimed = z.array(
  z.object({
    claim: z.string(),
    models: z.unknown(),
    changes: z.unknown(),
    readAt: z.coerce.date().nullable(),
    now: z.coerce.date(),
  }),
);
export type ClaimedLook = z.infer<typeof claimed>[number];

const ago = (ms: number) => sql`now() - make_interval(secs => ${ms / 1000}::float8)`;

/** Claims the next look at a vendor's models if it is due. Null: it is not, or another process has just claimed it. */
export async function claimLook(tx: Tx, id: string, { everyMs, againAfterMs }: LookTimes): Promise<ClaimedLook | null> {
  const [look] = claimed.parse(
    await tx.execute(sql`
      INSERT INTO catalogues AS c (id, models, looked_at) VALUES (${id}, '[]', now())
      ON CONFLICT (id) DO UPDATE SET looked_at = now()
        WHERE c.looked_at <= ${ago(everyMs)}
          OR (c.looked_at <= ${ago(againAfterMs)} AND (c.read_at IS NULL OR c.read_at < c.looked_at))
      RETURNING looked_at::text AS claim, models, changes, read_at AS "readAt", now() AS now`),
  );
  return look ?? null;
}

/** Stores what a look has read. False if another process has claimed the next look since: its list is newer. */
export async function saveLook(
  tx: Tx,
  id: string,
  claim: string,
  read: { models: readonly unknown[]; changes: readonly unknown[] },
): Promise<boolean> {
  const rows = await tx.execute(sql`
    WITH saved AS (
      UPDATE catalogues SET models = ${JSON.stringify(read.models)}::jsonb, changes = ${JSON.stringify(read.changes)}::jsonb, read_at = now()
      WHERE id = ${id} AND looked_at = ${claim}::timestamptz
      RETURNING id
    )
    SELECT pg_notify('vidgenie_catalogue', id) FROM saved`);
  return rows.length > 0;
}

const providers = z.array(z.object({ provider: z.enum(secretProviders) }));

/** The vendors of which any workspace has stored a key. */
export async function keyProvidersInUse(tx: Tx): Promise<SecretProvider[]> {
  const rows = await tx.execute(sql`SELECT DISTINCT provider FROM workspace_keys WHERE purpose = 'api_key'`);
  return providers.parse(rows).map(({ provider }) => provider);
}

const words = z.array(z.object({ word: z.string() }));

/** The models and aliases that the settings of workspaces name. */
export async function modelWordsOfWorkspaces(tx: Tx): Promise<string[]> {
  const listed = (path: string) =>
    sql.raw(`jsonb_array_elements_text(
    CASE jsonb_typeof(settings #> '${path}') WHEN 'array' THEN settings #> '${path}' ELSE '[]'::jsonb END)`);
  const rows = await tx.execute(sql`
    SELECT DISTINCT word FROM workspaces, LATERAL (
      SELECT ${listed('{defaults,models}')} AS word UNION ALL SELECT ${listed('{allowedModels}')}
    ) AS named ORDER BY word LIMIT 2000`);
  return words.parse(rows).map(({ word }) => word);
}
