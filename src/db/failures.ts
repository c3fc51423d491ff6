import { z } from 'zod';

const coded = z.object({ code: z.string() });

/** Codes of postgres.js and of sockets, and SQLSTATE classes 08 (connection) and 57P (the server stops or starts). */
const away = /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|08|57P0)/;

/** True when the database could not be reached or went away: the statement may or may not have been carried out. */
export function isDatabaseAway(error: unknown): boolean {
  const known = coded.safeParse(error);
  if (known.success && away.test(known.data.code)) return true;
  return error instanceof Error && error.cause !== undefined && isDatabaseAway(error.cause);
}
