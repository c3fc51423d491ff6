import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Db } from '../../src/db/client.ts';

const node = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Actual Rows': z.number(),
  'Actual Loops': z.number(),
  'Rows Removed by Filter': z.number().default(0),
  'Rows Removed by Index Recheck': z.number().default(0),
  get Plans() {
    return z.array(node).default([]);
  },
});
type Node = z.infer<typeof node>;

const explained = z.object({ 'Query Text': z.string(), Plan: node });

/** What a statement has read: the rows of each table, and the tables that it read from one end to the other. */
export type Reading = { statement: string; rows: Map<string, number>; whole: string[] };

/**
 * A connection on which PostgreSQL explains every statement that is carried out, those inside functions too: `readings` are of the
 * statements that the program really sends, with the plans that they really had. `generic` plans know no parameters. PostgreSQL may
 * choose such a plan for a statement that was sent a few times.
 */
export async function openExplained(url: string, plans: 'auto' | 'force_generic_plan') {
  const readings: Reading[] = [];
  const client = postgres(url, {
    max: 1,
    fetch_types: false,
    onnotice: ({ message = '' }) => {
      if (message.includes('plan:')) readings.push(readingOf(message.slice(message.indexOf('{'))));
    },
  });
  onTestFinished(() => client.end());
  for (const setting of [
    `LOAD 'auto_explain'`,
    `SET plan_cache_mode = ${plans}`,
    `SET auto_explain.log_min_duration = 0`,
    `SET auto_explain.log_analyze = on`,
    `SET auto_explain.log_timing = off`,
    `SET auto_explain.log_nested_statements = on`,
    `SET auto_explain.log_format = json`,
    `SET auto_explain.log_level = notice`,
  ]) {
    await client.unsafe(setting);
  }
  const db: Db = drizzle(client);
  /** What the statements of some work have read. */
  const readingsOf = async (work: (db: Db) => Promise<unknown>): Promise<Reading[]> => {
    readings.length = 0;
    await work(db);
    return [...readings];
  };
  return { readingsOf };
}

function readingOf(text: string): Reading {
  const { 'Query Text': statement, Plan } = explained.parse(JSON.parse(text));
  const scans = scansIn(Plan);
  const rows = new Map<string, number>();
  for (const { table, read } of scans) rows.set(table, (rows.get(table) ?? 0) + read);
  return { statement, rows, whole: scans.filter(({ isWhole }) => isWhole).map(({ table }) => table) };
}

function scansIn(one: Node): { table: string; read: number; isWhole: boolean }[] {
  const inner = one.Plans.flatMap(scansIn);
  const table = one['Relation Name'];
  // The rows that a statement writes are none that it reads.
  if (table === undefined || one['Node Type'] === 'ModifyTable') return inner;
  const each = one['Actual Rows'] + one['Rows Removed by Filter'] + one['Rows Removed by Index Recheck'];
  const isWhole = one['Node Type'] === 'Seq Scan' && one['Actual Loops'] > 0;
  return [{ table, read: Math.round(each * one['Actual Loops']), isWhole }, ...inner];
}
