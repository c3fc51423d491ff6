import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { connectionLost, openPostgresSocket } from './postgresSocket.ts';

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

export type DatabaseOptions = {
  connections?: number;
  applicationName?: string;
  /** A connection that carries nothing for so long is taken for dead and replaced; no statement may take longer. Milliseconds. */
  silenceMs?: number;
  /** The server's `server_version_num`, where it is known: then it is asked for what only newer ones can do. */
  serverVersion?: number;
};

/** The first version that ends a transaction which lasts too long, whatever it waits for. */
const endsTransactions = 170_000;

/**
 * A process whose machine vanished in mid-transaction would keep its locks for hours, for so long the server waits for a line. What the
 * settings end, in turn: a wait for the next statement; a wait of a statement for others; and the rest, which is a statement whose
 * words have come, and its values have not.
 */
export const patienceOfServer = (silenceMs: number, serverVersion: number) => ({
  idle_in_transaction_session_timeout: silenceMs,
  statement_timeout: silenceMs,
  ...(serverVersion >= endsTransactions && { transaction_timeout: 2 * silenceMs }),
});

/** Opens a pool of at most `connections` connections. It connects on first use and reconnects after a failure. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const { silenceMs, serverVersion = 0 } = options;
  // Our sockets are encrypted where the URL asks for TLS. The driver's types leave its option `socket` out.
  const sockets = { socket: openPostgresSocket(url, silenceMs), ssl: false };
  const client = postgres(url, {
    max: options.connections ?? 10,
    connect_timeout: 10,
    // The driver would ask for the types of arrays at each connect, and a line that breaks meanwhile would end the process.
    fetch_types: false,
    idle_timeout: 60,
    // Seconds. The driver's own pauses grow to twenty, in which a database that came back would stand idle.
    backoff: () => 0.2,
    ...sockets,
    connection: {
      application_name: options.applicationName ?? 'vidgenie',
      ...(silenceMs !== undefined && patienceOfServer(silenceMs, serverVersion)),
    },
    onnotice: () => {},
  });
  return {
    db: drizzle(preparing(client)),
    url,
    listen: async (channel, onPayload) => {
      await client.listen(channel, onPayload, () => onPayload(''));
    },
    close: () => client.end({ timeout: 1 }),
  };
}

/**
 * Drizzle hands over every statement as one that is never sent again: it then takes two round trips and is planned anew each time.
 * With this the driver keeps each connection's statements prepared, which halves what a statement costs on either side.
 * (`?prepare=false` in the URL turns that off, for a pooler that cannot do it.)
 */
function preparing<Client extends postgres.Sql | postgres.TransactionSql>(client: Client): Client {
  const changed = {
    unsafe: (text: string, values?: postgres.ParameterOrJSON<never>[], options?: postgres.UnsafeQueryOptions) =>
      answered(client.unsafe(text, values, { ...options, prepare: true })),
    ...('begin' in client && {
      begin: (work: (inner: postgres.TransactionSql) => Promise<unknown>) =>
        client.begin((inner) => work(preparing(inner))),
    }),
    ...('savepoint' in client && {
      savepoint: (work: (inner: postgres.TransactionSql) => Promise<unknown>) =>
        client.savepoint((inner) => work(preparing(inner))),
      // Drizzle's migrator begins a transaction; within one it is a savepoint.
      begin: (work: (inner: postgres.TransactionSql) => Promise<unknown>) =>
        client.savepoint((inner) => work(preparing(inner))),
    }),
  };
  const isChanged = (name: string | symbol): name is keyof typeof changed => Object.hasOwn(changed, name);
  return new Proxy(client, {
    get: (target, name, receiver) => (isChanged(name) ? changed[name] : Reflect.get(target, name, receiver)),
  });
}

/**
 * Refuses an answer that cannot be one: of a statement that was never carried out, or without the rows that a broken line has
 * swallowed. The driver would hand out the first as an empty result, and the second with holes where rows are missing.
 */
function answered<Query extends object>(query: Query): Query {
  const [resolve, reject] = [Reflect.get(query, 'resolve'), Reflect.get(query, 'reject')];
  if (typeof resolve !== 'function' || typeof reject !== 'function')
    throw new Error('the driver has changed its queries');
  const check = (result: unknown) => {
    if (isAnswer(result)) resolve(result);
    else reject(connectionLost('the line to the database broke before the answer was there'));
  };
  return Object.assign(query, { resolve: check });
}

const isAnswer = (result: unknown): boolean =>
  Array.isArray(result) && Reflect.get(result, 'command') !== null && (result.length === 0 || 0 in result);
