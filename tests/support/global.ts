import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { openEmbedded } from '../../src/db/embedded.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { migrateQueue } from '../../src/pipeline/queue/postgres.ts';
import { makeVendorMedia } from './media.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The test run's own PostgreSQL server, from the embedded package. */
    serverUrl: string;
    /** Paths of the picture and the video that the stand-in vendor sends. */
    vendorMedia: { image: string; video: string };
  }
}

/** The template of every test file's own database. */
export const templateDatabase = 'vidgenie_template';

/** Starts one real PostgreSQL server for the test run, with a migrated template. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'vidgenie-tests-'));
  // If we are root, the server runs as another user, who keeps the data elsewhere unless they can enter this folder.
  await chmod(home, 0o755);
  const server = await openEmbedded(home);
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  // No data here has to survive a power cut, and `fsync` makes it slow to clone a template.
  await admin`ALTER SYSTEM SET fsync = off`;
  await admin`ALTER SYSTEM SET synchronous_commit = off`;
  await admin`SELECT pg_reload_conf()`;
  await admin.unsafe(`CREATE DATABASE ${templateDatabase}`);
  await admin.end();
  const url = new URL(server.url);
  url.pathname = templateDatabase;
  await migrateDatabase(url.href);
  await migrateQueue(url.href);
  project.provide('serverUrl', server.url);
  project.provide('vendorMedia', await makeVendorMedia(home));
  return async () => {
    await server.close();
    await rm(home, { recursive: true, force: true });
  };
}
