import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { errorCode } from './failure.ts';
import { startOf } from './identity.ts';
import { superuser } from './initdb.ts';
import type { Postmaster } from './postmaster.ts';

const databaseName = 'vidgenie';
const connectWithinMs = 5_000;
const answerWithinMs = 15_000;
const retryMs = 50;

export function urlOf(port: number, password: string, database: string = databaseName): string {
  return `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/**
 * Whether the server answers and has our database. It creates the database if it is missing. It waits for a server that is
 * starting or stopping. A server that refuses connections because it is full counts as `ok`.
 */
export async function createDatabaseIfMissing(server: Postmaster, password: string): Promise<'ok' | 'silent' | 'gone'> {
  const maintenance = urlOf(server.port, password, 'postgres');
  let giveUpAt = Date.now() + answerWithinMs;
  for (;;) {
    const answer = await ask(maintenance, `SELECT 1 FROM pg_database WHERE datname = '${databaseName}'`);
    if (answer.code === sqlState.tooManyConnections || answer.rows === 1) return 'ok';
    if (answer.rows === 0) {
      const { code } = await ask(maintenance, `CREATE DATABASE ${databaseName}`);
      if (!code) return 'ok';
      throw new Error(`the database "${databaseName}" could not be made (PostgreSQL says ${code}); see its server.log`);
    }
    if (answer.code === sqlState.wrongPassword)
      throw new Error('the password in cluster.json does not open the embedded PostgreSQL; restore it from a backup');
    if (answer.code === sqlState.cannotConnectNow) giveUpAt = Date.now() + answerWithinMs;
    if ((await startOf(server.pid)) !== server.start) return 'gone';
    if (Date.now() > giveUpAt) return 'silent';
    await delay(retryMs);
  }
}

const sqlState = { wrongPassword: '28P01', tooManyConnections: '53300', cannotConnectNow: '57P03' } as const;

type Answer = { rows: number; code?: never } | { code: string; rows?: never };

async function ask(url: string, statement: string): Promise<Answer> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectWithinMs });
  // A connection may break between two statements. Without this listener that would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return { rows: (await client.query(statement)).rows.length };
  } catch (error) {
    return { code: errorCode(error) ?? 'nothing' };
  } finally {
    await client.end().catch(() => undefined);
  }
}
