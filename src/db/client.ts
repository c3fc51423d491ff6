import { setTimeout as delay } from 'node:timers/promises';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { isFull } from './failures.ts';
import { watchIdleConnections } from './idleConnections.ts';
import { connectionLost, openPostgresSocket } from './postgresSocket.ts';

export type Db = PostgresJsDatabase;
/** A transaction, or the database itself. Every function of `db/` takes it first. */
export type Tx = Db | Parameters<Parameters<Db['transaction']>[0]>[0];

export type Database = {
  db: Db;
  url: string;
  /** The address of the server itself, for work that needs a session. It differs from `url` if that leads to a pooler. */
  directUrl: string;
  /** Calls back for every notification on the channel. It reconnects by itself and then calls back once more with ''. */
  listen: (channel: Channel, onPayload: (payload: string) => void) => Promise<void>;
  close: () => Promise<void>;
};

/**
 * `vidgenie_due`: a run fell due. `vidgenie_run`: the run with this id changed in a way that people see. `vidgenie_catalogue`: the
 * models of a vendor were read.
 */
type Channel = 'vidgenie_due' | 'vidgenie_run' | 'vidgenie_catalogue';

export type DatabaseOptions = {
  connections?: number;
  applicationName?: string;
  /**
   * In milliseconds. A connection that carries nothing for this long is considered dead and replaced. No statement may take
   * longer.
   */
  silenceMs?: number;
  /**
   * The address of the server itself if the other one leads to a pooler in transaction mode. There every transaction may have
   * another session, so VidGenie prepares no statements, sends no settings, and listens on this line.
   */
  directUrl?: string | null;
  /** The server's `server_version_num`, if it is known. Newer servers then get settings that older ones refuse. */
  serverVersion?: number;
};

/**
 * The first PostgreSQL version with `transaction_timeout`: it ends a transaction that lasts too long, whatever the transaction
 * waits for.
 */
const endsTransactions = 170_000;

/**
 * Timeouts for the server. If a machine vanishes in mid-transaction, the server waits hours for the connection and keeps its
 * locks. The settings end three kinds of waiting, in this order: the server waits for the next statement; a statement waits for
 * other transactions; the server has a statement's text and waits for its values.
 */
export const patienceOfServer = (silenceMs: number, serverVersion: number) => ({
  idle_in_transaction_session_timeout: silenceMs,
  statement_timeout: silenceMs,
  ...(serverVersion >= endsTransactions && { transaction_timeout: 2 * silenceMs }),
});

/** Opens a pool of at most `connections` connections. It connects on first use and reconnects after a failure. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const directUrl = options.directUrl ?? null;
  const { client, begun } = connect(url, options, directUrl !== null);
  const direct = directUrl === null ? client : connect(directUrl, options, false).client;
  return {
    db: drizzle(preparing(client, begun)),
    url,
    directUrl: directUrl ?? url,
    listen: async (channel, onPayload) => {
      await direct.listen(channel, onPayload, () => onPayload(''));
    },
    close: async () => {
      await Promise.all([client, direct].map((one) => one.end({ timeout: 1 })));
    },
  };
}

/** Marks that a statement begins, and returns what marks its end. */
type Begun = () => () => void;
const uncounted: Begun = () => () => {};

function connect(url: string, options: DatabaseOptions, isPooled: boolean): { client: postgres.Sql; begun: Begun } {
  const { silenceMs, serverVersion = 0 } = options;
  const idle = watchIdleConnections();
  const open = openPostgresSocket(url, silenceMs);
  // Our sockets are encrypted if the URL asks for TLS. The driver's types lack its option `socket`.
  const sockets = {
    ssl: false,
    socket: async (target: Parameters<typeof open>[0] & { max: number }) => {
      const socket = await open(target);
      idle.opened(socket, target);
      return socket;
    },
  };
  const client = postgres(url, {
    max: options.connections ?? 10,
    connect_timeout: 10,
    // The driver would query the array types at each connect. If the connection breaks during that query, the process ends.
    fetch_types: false,
    idle_timeout: 60,
    // In seconds. The driver's own pauses grow to twenty seconds. A database that came back would stand idle for so long.
    backoff: () => 0.2,
    ...(isPooled && { prepare: false }),
    ...sockets,
    connection: {
      application_name: options.applicationName ?? 'vidgenie',
      ...(silenceMs !== undefined && !isPooled && patienceOfServer(silenceMs, serverVersion)),
    },
    onnotice: () => {},
  });
  return { client, begun: () => idle.begin(client) };
}

/**
 * Makes the driver prepare statements. Drizzle marks every statement as one that is never sent again, so each one takes two round
 * trips and is planned anew. With this change the driver keeps the statements of each connection prepared. That halves the cost
 * of a statement on both sides. It prepares nothing if the URL says `?prepare=false`, or behind a pooler.
 */
function preparing<Client extends postgres.Sql | postgres.TransactionSql>(client: Client, begun = uncounted): Client {
  const changed = {
    unsafe: (text: string, values?: postgres.ParameterOrJSON<never>[], options?: postgres.UnsafeQueryOptions) =>
      answered(client.unsafe(text, values, { ...options, prepare: true }), begun()),
    ...('begin' in client && {
      begin: (work: (inner: postgres.TransactionSql) => Promise<unknown>) => begin(client, work).finally(begun()),
    }),
    ...('savepoint' in client && {
      savepoint: (work: (inner: postgres.TransactionSql) => Promise<unknown>) =>
        client.savepoint((inner) => work(preparing(inner))),
      // Drizzle's migrator begins a transaction. Inside a transaction this is a savepoint.
      begin: (work: (inner: postgres.TransactionSql) => Promise<unknown>) =>
        client.savepoint((inner) => work(preparing(inner))),
    }),
  };
  const isChanged = (name: string | symbol): name is keyof typeof changed => Object.hasOwn(changed, name);
  return new Proxy(client, {
    get: (target, name, receiver) => (isChanged(name) ? changed[name] : Reflect.get(target, name, receiver)),
  });
}

/** Begins a transaction, and waits like {@link answered} if there is no connection for it. */
async function begin(client: postgres.Sql, work: (inner: postgres.TransactionSql) => Promise<unknown>) {
  const until = performance.now() + fullPatienceMs;
  for (;;) {
    let isBegun = false;
    try {
      return await client.begin((inner) => {
        isBegun = true;
        return work(preparing(inner));
      });
    } catch (error) {
      if (isBegun || !isFull(error) || performance.now() > until) throw error;
      await delay(fullPauseMs);
    }
  }
}

/**
 * In milliseconds. A server without a free connection slot refuses the pool's attempt to grow, before it has seen the statement. The
 * pool's other connections may be free in a moment, and so may a slot: the statement waits that long, and tries again after each
 * pause. A person waits for the answer, so it must not be long.
 */
const [fullPatienceMs, fullPauseMs] = [1_000, 50];

/**
 * Refuses an incomplete answer. After a broken connection the driver returns an empty result for a statement that was never
 * carried out, and a result with holes where rows were lost. A statement for which the server had no connection is sent again for a moment.
 */
function answered<Query extends object>(query: Query, over: () => void): Query {
  const part = (name: string) => Reflect.get(query, name);
  const [resolve, reject, send] = [part('resolve'), part('reject'), part('handler')];
  if (typeof resolve !== 'function' || typeof reject !== 'function' || typeof send !== 'function')
    throw new Error('the driver has changed its queries');
  let until: number | null = null;
  const check = (result: unknown) => {
    over();
    if (isAnswer(result)) resolve(result);
    else reject(connectionLost('the line to the database broke before the answer was there'));
  };
  const refuse = (error: unknown) => {
    until ??= performance.now() + fullPatienceMs;
    if (isFull(error) && performance.now() < until) setTimeout(() => send(query), fullPauseMs);
    else {
      over();
      reject(error);
    }
  };
  return Object.assign(query, { resolve: check, reject: refuse });
}

const isAnswer = (result: unknown): boolean =>
  Array.isArray(result) && Reflect.get(result, 'command') !== null && (result.length === 0 || 0 in result);
