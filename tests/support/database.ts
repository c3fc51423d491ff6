import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { inject, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { workspaceId } from '../../src/db/vocabulary.ts';
import { ensureWorkspace, type Workspace } from '../../src/db/workspaces.ts';
import { templateDatabase } from './global.ts';

/** A database of its own for one test, cloned from the migrated template and dropped after the test. */
export async function createTestDatabase(): Promise<Database> {
  const serverUrl = inject('serverUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} });
  await cloneTemplate(admin, name);
  const url = new URL(serverUrl);
  url.pathname = name;
  const database = openDatabase(url.href);
  onTestFinished(async () => {
    await database.close();
    await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  });
  return database;
}

/** Two test files may clone at the same moment, and a template can be copied only while nobody else does. */
async function cloneTemplate(admin: postgres.Sql, name: string): Promise<void> {
  await admin`SELECT pg_advisory_lock(1)`;
  await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE ${templateDatabase}`);
  await admin`SELECT pg_advisory_unlock(1)`;
}

/** A workspace with that many credits. */
export async function createWorkspace(database: Database, credits: number, id = 'terminal:test'): Promise<Workspace> {
  const workspace = { id: workspaceId.parse(id), face: 'terminal', name: id } as const;
  await ensureWorkspace(database.db, workspace, credits, new Date());
  return workspace;
}
