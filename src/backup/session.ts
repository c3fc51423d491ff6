import pg from 'pg';
import { asLibpqReadsIt } from '../db/libpqAddress.ts';
import { withoutTransactionTimeout } from '../db/migrate.ts';

/** In milliseconds. */
const connectWithinMs = 10_000;
const closeWithinMs = 2_000;
/** An idle connection whose server is silent for about twice as long counts as broken. */
const aliveAfterMs = 10_000;

/**
 * Settings of a transaction that copies: the same text for the same value on every server, rows in the order in which they lie, and
 * no limit for a statement that takes long.
 */
const settings = {
  client_encoding: "'UTF8'",
  timezone: "'UTC'",
  datestyle: "'ISO, MDY'",
  intervalstyle: "'postgres'",
  bytea_output: "'hex'",
  extra_float_digits: '1',
  synchronize_seqscans: 'off',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  search_path: 'public',
};

/** Works on a connection of its own, and closes it. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: asLibpqReadsIt(url),
    connectionTimeoutMillis: connectWithinMs,
    application_name: 'vidgenie backup',
    keepAlive: true,
    keepAliveInitialDelayMillis: aliveAfterMs,
  });
  // The statements of a broken connection fail. Without this listener it would also end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await atMost(client.end());
  }
}

/** A connection in the middle of a COPY may take long to end, and nobody needs it any more. The server rolls back what it began. */
const atMost = (ending: Promise<unknown>): Promise<unknown> =>
  Promise.race([ending.catch(() => {}), new Promise<void>((resolve) => setTimeout(resolve, closeWithinMs).unref())]);

/**
 * Works in a transaction for copies. `how` is how it begins, for example `ISOLATION LEVEL REPEATABLE READ`. `locks` come before every
 * SELECT: under that isolation level the first SELECT makes the snapshot, and a lock may wait for rows that are committed later.
 */
export async function inTransaction<T>(
  client: pg.Client,
  how: string,
  work: () => Promise<T>,
  locks: readonly string[] = [],
): Promise<T> {
  await client.query(`BEGIN ${how}`);
  try {
    // Local settings hold where a pooler gives the connection to somebody else afterwards.
    for (const [name, value] of Object.entries(settings)) await client.query(`SET LOCAL ${name} = ${value}`);
    for (const statement of locks) await client.query(statement);
    await client.query(withoutTransactionTimeout(true));
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await atMost(client.query('ROLLBACK'));
    throw error;
  }
}
