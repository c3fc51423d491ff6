import type { TransactionInTheWay } from '../../../db/transactionsInTheWay.ts';
import type { PlannedEffect } from '../../../db/upgradePlan.ts';
import { bytes, duration } from './measures.ts';

/** Texts of `vidgenie upgrade`. */

export const describe =
  'bring the database to the schema of this version, as every start does; --check only tells what that would do';
export const check =
  'change nothing: tell what would be migrated, which locks that takes, how long, and what is in its way';

export const none = 'The database has the schema of this version. There is nothing to migrate.';
export const newer =
  'The database has migrations that this version does not know: a newer VidGenie uses it. Do not start this version on it.';
export const pending = (migrations: number): string =>
  `${migrations} ${migrations === 1 ? 'migration is' : 'migrations are'} to be carried out:`;
export const migration = (tag: string, isOnline: boolean): string =>
  isOnline ? `${tag}, statement by statement, while bots and workers go on` : `${tag}, in one short transaction`;

const rows = (amount: number): string => `${Math.round(amount).toLocaleString('en')} rows`;
const at = ({ table }: PlannedEffect): string => table ?? 'no table';

const deeds: Record<PlannedEffect['does'], (effect: PlannedEffect) => string> = {
  table: ({ table }) => `makes the table ${table}`,
  columns: ({ table }) => `changes columns of ${table}`,
  constraint: ({ table }) => `changes constraints of ${table}`,
  check: ({ table, name }) => `checks every row of ${table} (${name})`,
  index: ({ table, name }) => `builds the index ${name} on ${table}`,
  dropIndex: ({ name }) => `removes the index ${name}`,
  fill: ({ table }) => `writes rows of ${table}, a few hundred in each transaction`,
  lock: ({ table }) => `locks ${table} for a moment`,
  trigger: ({ table }) => `changes a trigger of ${table}`,
  definition: () => 'changes types and functions',
  settings: ({ table }) => `changes settings of ${table}`,
};
const blocked = {
  nobody: () => 'blocks nobody',
  writers: (effect: PlannedEffect) => `writers of ${at(effect)} wait for a moment (${effect.lock})`,
  everybody: (effect: PlannedEffect) => `everybody at ${at(effect)} waits for a moment (${effect.lock})`,
};
export const effect = (one: PlannedEffect): string => {
  const size = one.rows === null ? [] : [rows(one.rows), `about ${duration(one.seconds * 1000)}`];
  const disk = one.bytes === 0 ? [] : [`up to ${bytes(one.bytes)}`];
  return [deeds[one.does](one), ...size, ...disk, blocked[one.blocks](one)].join(', ');
};

export const total = (seconds: number, disk: number): string =>
  `About ${duration(seconds * 1000)} in all, and up to ${bytes(disk)} more on the database's disk.`;
export const locks =
  'No statement waits for a lock for longer than a quarter of a second. If it does not get the lock, it lets others go first and tries again.';
export const beside = (connections: number): string =>
  connections === 0
    ? 'No VidGenie is connected now. Processes of the version before may run during the migration and after it.'
    : `VidGenie has ${connections} ${connections === 1 ? 'connection' : 'connections'} now. Bots and workers of the version before may go on during the migration and after it.`;
export const rates = (index: number, check: number, fill: number): string => {
  const [indexed, checked, filled] = [index, check, fill].map((amount) => amount.toLocaleString('en'));
  return `The times assume ${indexed} rows a second for an index, ${checked} for a check and ${filled} for written rows, as measured with 1,000,000 runs. A server that is busy otherwise takes longer.`;
};

const who = ({ pid, name, user, state }: TransactionInTheWay): string =>
  [name || 'a process without a name', user && `as ${user}`, pid && `pid ${pid}`, state].filter(Boolean).join(', ');
export const inTheWay = (one: TransactionInTheWay): string =>
  `A transaction is in the way for ${duration(one.seconds * 1000)} already (${who(one)}). The migration would wait for its end.`;
export const endIt = (one: TransactionInTheWay): string =>
  one.pid === null
    ? 'Commit it or roll it back (COMMIT PREPARED, ROLLBACK PREPARED).'
    : `Wait for it, or end it with SELECT pg_terminate_backend(${one.pid}).`;
export const oldServer = (version: string): string => `PostgreSQL ${version} is too old: VidGenie needs 15 or newer.`;
export const olderServer = (version: string): string =>
  `PostgreSQL ${version} works. Version 17 or newer ends transactions of machines that vanished within a minute.`;
