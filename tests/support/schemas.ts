import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { migrationsFolder } from '../../src/db/migrations.ts';
import { temporaryDirectory } from './temporary.ts';

const rows = resolve(import.meta.dirname, 'schemas');
const journalShape = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) });
const journal = journalShape.parse(JSON.parse(await readFile(join(migrationsFolder, 'meta/_journal.json'), 'utf8')));

/** The names of all migrations. */
export const tags = journal.entries.map(({ tag }) => tag);

/** The migrations folder as it was when `count` of them were all. */
export async function migrationsUntil(count: number): Promise<string> {
  const folder = await temporaryDirectory();
  await mkdir(join(folder, 'meta'));
  for (const tag of tags.slice(0, count)) await cp(join(migrationsFolder, `${tag}.sql`), join(folder, `${tag}.sql`));
  const earlier = { ...journal, entries: journal.entries.slice(0, count) };
  await writeFile(join(folder, 'meta/_journal.json'), JSON.stringify(earlier));
  return folder;
}

/** The rows of the newest schema that is not newer than that one. A migration that changes what is written brings rows of its own. */
export async function rowsOf(tag: string): Promise<string> {
  const known = (await readdir(rows)).map((name) => name.replace('.sql', '')).sort();
  const newest = known.filter((one) => one <= tag).at(-1);
  if (newest === undefined) throw new Error(`there are no rows for the schema ${tag}`);
  return await readFile(join(rows, `${newest}.sql`), 'utf8');
}
