import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { JsonValue } from '../domain.ts';
import type { Tx } from './client.ts';

/** A check of everything that goes step by step and can be interrupted. */
export type PassName = 'ledger pass' | 'objects pass';

/** Begins a pass at `position`, or goes on with one that did not come to its end. */
export async function beginPass(tx: Tx, name: PassName, position: JsonValue): Promise<void> {
  await tx.execute(sql`
    INSERT INTO checks (name, position) VALUES (${name}, ${JSON.stringify(position)}::jsonb)
    ON CONFLICT (name) DO UPDATE SET position = excluded.position, started_at = now(), moved_at = now(), finished_at = NULL
    WHERE checks.finished_at IS NOT NULL`);
}

const positions = z.tuple([z.object({ position: z.unknown(), isFinished: z.boolean() })]);

/** Reads how far a pass has come. `lock`: until the transaction ends, nobody else moves it. */
export async function readPass(
  tx: Tx,
  name: PassName,
  { lock }: { lock: boolean },
): Promise<{ position: unknown; isFinished: boolean }> {
  const rows = await tx.execute(sql`
    SELECT position, finished_at IS NOT NULL AS "isFinished" FROM checks WHERE name = ${name} ${lock ? sql`FOR UPDATE` : sql``}`);
  return positions.parse([...rows])[0];
}

/** Records how far a pass has come. */
export async function movePass(
  tx: Tx,
  name: PassName,
  position: JsonValue,
  { isFinished }: { isFinished: boolean },
): Promise<void> {
  await tx.execute(sql`
    UPDATE checks SET position = ${JSON.stringify(position)}::jsonb, moved_at = now(),
      finished_at = CASE WHEN ${isFinished}::boolean THEN now() END
    WHERE name = ${name}`);
}
