import { mkdtempSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterEach } from 'vitest';
import { describeEmbedded, openEmbedded } from '../../src/db/embedded.ts';
import { endUsers } from './embedded-processes.ts';

/** A folder that other users may enter, with the path of a home in it that does not exist yet. */
export type Sandbox = { folder: string; home: string; dataDir: () => Promise<string> };

const used: Sandbox[] = [];

export async function makeSandbox(): Promise<Sandbox> {
  const folder = mkdtempSync(join(tmpdir(), 'vidgenie-embedded-'));
  await chmod(folder, 0o755);
  const home = join(folder, 'a home', '.vidgenie');
  const sandbox = { folder, home, dataDir: async () => (await describeEmbedded(home)).dataDir };
  used.push(sandbox);
  return sandbox;
}

afterEach(async () => {
  await endUsers();
  for (const { folder, home } of used.splice(0)) {
    const { dataDir, running } = await describeEmbedded(home).catch(() => ({ dataDir: folder, running: false }));
    // The last user to open and close the server ends the server that a failed test left.
    if (running) await openEmbedded(home).then((server) => server.close());
    await rm(folder, { recursive: true, force: true });
    if (!dataDir.startsWith(folder)) await rm(dirname(dataDir), { recursive: true, force: true });
  }
});

export async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
