import { createHash } from 'node:crypto';
import { z } from 'zod';
import { withoutTransactionTimeout } from '../db/migrate.ts';
import { BackupError } from './error.ts';
import { withClient } from './session.ts';

/** Any number, as long as no other lock of two numbers begins with it. */
const nameLocks = 7_431_004;

const tried = z.tuple([z.object({ isOurs: z.boolean() })]);

/**
 * Works while no other process backs up the same database to the same name. Refuses if one does: the two would write over each
 * other. The server ends the lock with this connection, so a killed process leaves none, and neither does a machine that vanishes.
 * A failover or a restart of the server ends it too: then the signal of the work says so.
 */
export async function withNameLock<T>(
  url: string,
  { name, signal }: { name: string; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return await withClient(url, async (client) => {
    const lost = new AbortController();
    client.on('end', () => lost.abort(new BackupError(sentenceOnLoss(name))));
    // A pooler may give a session to somebody else, but not a transaction. An idle one at this isolation level keeps nobody waiting.
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await client.query(withoutTransactionTimeout(true));
    const { rows } = await client.query(
      `SELECT pg_try_advisory_xact_lock($1, $2) AS "isOurs", set_config('idle_in_transaction_session_timeout', '0', true),
        set_config('tcp_keepalives_idle', '10', true), set_config('tcp_keepalives_interval', '5', true),
        set_config('tcp_keepalives_count', '3', true)`,
      [nameLocks, createHash('sha256').update(name).digest().readInt32BE()],
    );
    if (!tried.parse(rows)[0].isOurs)
      throw new BackupError(`Another backup to ${name} is under way: wait until it has ended, or choose another name.`);
    return await work(AbortSignal.any([signal, lost.signal]));
  });
}

const sentenceOnLoss = (name: string): string =>
  `The database ended the connection that reserves ${name} for this backup, so another backup to it may have begun: give the command again.`;
