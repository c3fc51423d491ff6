import { z } from 'zod';

const coded = z.object({ code: z.string() });
const refused = coded.extend({ severity: z.string() });

/**
 * Codes of postgres.js and of sockets, and SQLSTATEs: classes 08 (connection) and 53 (no connection, memory or disk left), 57P
 * (the server stops or starts), 25006 (a failover left us on a read-only replica), 40001 and 40P01 (PostgreSQL canceled one of
 * two conflicting transactions).
 */
const away = /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|08|53|57P0|25006|40001|40P01)/;

/**
 * True if the server had no connection for us (SQLSTATE 53300, for the server, a database or a role). It has not seen the statement,
 * unless that was one that itself connects somewhere.
 */
export function isFull(error: unknown): boolean {
  const known = refused.safeParse(error);
  return known.success && known.data.code === '53300' && known.data.severity === 'FATAL';
}

/** True if the database could not be reached, went away or cannot serve now. The statement may or may not have been carried out. */
export function isDatabaseAway(error: unknown): boolean {
  const known = coded.safeParse(error);
  if (known.success && away.test(known.data.code)) return true;
  return error instanceof Error && error.cause !== undefined && isDatabaseAway(error.cause);
}
