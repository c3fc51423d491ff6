import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';

export type Db = PostgresJsDatabase;
/** A transaction, or the database itself: what every function of `db/` takes first. */
export type Tx = Db | Parameters<Parameters<Db['transaction']>[0]>[0];

export type Database = {
  db: Db;
  url: string;
  /** Calls back for every notification on the channel; reconnects by itself and then calls back once more with ''. */
  listen: (channel: Channel, onPayload: (payload: string) => void) => Promise<void>;
  close: () => Promise<void>;
};

/** `vidgenie_due`: a run fell due. `vidgenie_run`: the run with this id changed in a way that people see. */
type Channel = 'vidgenie_due' | 'vidgenie_run';

/** Opens a pool of at most `connections` connections. It connects on first use and reconnects after a failure. */
export function openDatabase(url: string, options: { connections?: number; applicationName?: string } = {}): Database {
  const client = postgres(url, {
    max: options.connections ?? 10,
    connect_timeout: 10,
    idle_timeout: 60,
    // Seconds. The driver's own pauses grow to twenty, in which a database that came back would stand idle.
    backoff: (attempt) => Math.min(0.1 * attempt, 1),
    connection: { application_name: options.applicationName ?? 'vidgenie' },
    onnotice: () => {},
  });
  return {
    db: drizzle(client),
    url,
    listen: async (channel, onPayload) => {
      await client.listen(channel, onPayload, () => onPayload(''));
    },
    close: () => client.end({ timeout: 5 }),
  };
}
