import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { expect } from 'vitest';

/** Every row of every table, BullMQ's included, as text. */
export async function rowsOf(url: string): Promise<string> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const tables = await sql<{ name: string }[]>`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'bullmq', 'drizzle')`;
  const rows = await Promise.all(tables.map(({ name }) => sql.unsafe(`SELECT t::text FROM ${name} t`)));
  await sql.end();
  expect(tables.length).toBeGreaterThan(12);
  return JSON.stringify(rows);
}

/** The content of an installation's files, without those of its database. */
export async function filesBelow(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && !entry.parentPath.includes(`${folder}/postgres/data`));
  const texts = await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')));
  return texts.join('\n');
}
