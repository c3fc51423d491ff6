import pg from 'pg';
import { z } from 'zod';

// A database that was filled names the backup or the move until everything is done. A command that was interrupted and is given again
// then knows its own rows from those of somebody else. The name is a comment of a table: it is written in the transaction of the rows,
// and needs no table of its own.

const textOf = (id: string): string => `VidGenie is filling this database: ${id}`;

/** Names the origin of the rows. Null: everything is done. */
export async function writeOrigin(client: pg.Client, id: string | null): Promise<void> {
  await client.query(`COMMENT ON TABLE public.workspaces IS ${id === null ? 'NULL' : pg.escapeLiteral(textOf(id))}`);
}

const found = z.tuple([z.object({ text: z.string().nullable() })]);

/** Whether the rows have this origin, and not everything is done yet. */
export async function hasOrigin(client: pg.Client, id: string): Promise<boolean> {
  const { rows } = await client.query(`SELECT obj_description(to_regclass('public.workspaces'), 'pg_class') AS text`);
  return found.parse(rows)[0].text === textOf(id);
}
