import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { patienceOfServer, type Tx } from './client.ts';

const settings = z.array(z.object({ name: z.string() }));

/**
 * The names of the time limits that a session behind a pooler lacks. Without a pooler VidGenie sends them when it connects. A
 * pooler in transaction mode refuses or forgets them, so the role in the database has to bring them.
 */
export async function missingLimits(tx: Tx, serverVersion: number): Promise<string[]> {
  const names = Object.keys(patienceOfServer(1, serverVersion));
  const rows = await tx.execute(sql`
    SELECT name FROM pg_settings WHERE name IN (SELECT jsonb_array_elements_text(${JSON.stringify(names)}::jsonb)) AND setting = '0'
    ORDER BY name`);
  return settings.parse([...rows]).map(({ name }) => name);
}
