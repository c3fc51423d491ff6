import { Socket } from 'node:net';
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

export type DatabaseOptions = {
  connections?: number;
  applicationName?: string;
  /** A connection that carries nothing for so long is taken for dead and replaced; no statement may take longer. Milliseconds. */
  silenceMs?: number;
};

/** Opens a pool of at most `connections` connections. It connects on first use and reconnects after a failure. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const { silenceMs } = options;
  const client = postgres(url, {
    max: options.connections ?? 10,
    connect_timeout: 10,
    // The driver would ask for the types of arrays at each connect, and a line that breaks meanwhile would end the process.
    fetch_types: false,
    idle_timeout: 60,
    // Seconds. The driver's own pauses grow to twenty, in which a database that came back would stand idle.
    backoff: () => 0.2,
    ...{ socket: openLines(silenceMs) },
    connection: { application_name: options.applicationName ?? 'vidgenie' },
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
    else reject(brokenLine('the line to the database broke before the answer was there'));
  };
  return Object.assign(query, { resolve: check });
}

const isAnswer = (result: unknown): boolean =>
  Array.isArray(result) && Reflect.get(result, 'command') !== null && (result.length === 0 || 0 in result);

const brokenLine = (message: string) => Object.assign(new Error(message), { code: 'CONNECTION_CLOSED' });

type Target = { host: string[]; port: number[]; path?: string | false };

/**
 * Connections to the server, each on its own socket, which differs from the usual one in two ways.
 *
 * It does not wait for ever: when a server dies without a word (its machine is gone, a firewall forgot the connection), the system
 * would go on sending for a quarter of an hour, and whoever waits for the answer with it.
 *
 * And it ends in an order that the driver can bear: first a failure, which ends what was asked; a moment later its end, as one without
 * failure. The driver goes on using a connection between the two (it sends a ROLLBACK, for example). What it is asked then is never
 * sent; if its end were a failure it would be forgotten, and when the line is up again it would be answered with nothing, or with the
 * answer to somebody else's question.
 */
function openLines(silenceMs: number | undefined) {
  let attempts = 0;
  return ({ host, port, path }: Target) => {
    const socket = new Socket();
    const emit = socket.emit.bind(socket);
    let hasFailed = false;
    socket.emit = (event: string, ...told: unknown[]) => {
      if (event === 'error') hasFailed = true;
      if (event !== 'close') return emit(event, ...told);
      if (!hasFailed) emit('error', brokenLine('the line to the database was closed'));
      // The second one comes after the writes that the driver has put off.
      setImmediate(() => setImmediate(() => emit('close', false)));
      return true;
    };
    const at = attempts % host.length;
    attempts += 1;
    if (silenceMs !== undefined) {
      socket.setTimeout(silenceMs, () => {
        const silent = new Error(`the database was silent for ${silenceMs} ms`);
        socket.destroy(Object.assign(silent, { code: 'ETIMEDOUT' }));
      });
    }
    if (path) socket.connect(path);
    else socket.connect(port[at] ?? 5432, host[at] ?? 'localhost');
    // The driver asks for TLS in this name.
    return Object.assign(socket, { host: host[at] });
  };
}
