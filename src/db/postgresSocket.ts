import { once } from 'node:events';
import { isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** The address to which the driver wants a socket. */
type Target = { host: string[]; port: number[]; path?: string | false };

const connectWithinMs = 10_000;

/** The error of a broken connection to the database. Its statements may or may not have been carried out. */
export const connectionLost = (message: string) => Object.assign(new Error(message), { code: 'CONNECTION_CLOSED' });

/**
 * Opens sockets for the driver's connections to the database of that URL, encrypted as its `sslmode` says. They differ from
 * ordinary sockets in two ways.
 *
 * They have a time limit. A server may die silently: its machine is gone, or a firewall forgot the connection. The operating
 * system would then go on sending for a quarter of an hour, and every caller that waits for an answer would wait with it.
 *
 * They end in an order that the driver can handle: first an error, which fails the pending statements; a moment later a close
 * without an error. The driver goes on using a connection between the two (it sends a ROLLBACK, for example). It never sends a
 * statement from that moment. If the close carried an error, the driver would forget such a statement. After the reconnect the
 * statement would get an empty answer, or the answer to another statement.
 */
export function openPostgresSocket(url: string, silenceMs: number | undefined) {
  const encryption = encryptionOf(url);
  let attempts = 0;
  return async ({ host, port, path }: Target): Promise<Socket> => {
    const at = attempts % host.length;
    attempts += 1;
    const name = host[at] ?? 'localhost';
    const raw = new Socket();
    if (path) raw.connect(path);
    else raw.connect(port[at] ?? 5432, name);
    const socket = inOrder(
      encryption === 'none' || path ? raw : await encrypted(raw, name, encryption).catch(stillborn),
    );
    if (silenceMs !== undefined) {
      socket.setTimeout(silenceMs, () => {
        const silent = new Error(`the database was silent for ${silenceMs} ms`);
        socket.destroy(Object.assign(silent, { code: 'ETIMEDOUT' }));
      });
    }
    return socket;
  };
}

type Encryption = 'none' | 'preferred' | 'required' | 'verified';

/** Reads `sslmode` as the driver does. Only `verify-…` and `true` check the certificate. */
function encryptionOf(url: string): Encryption {
  const mode = /[?&]ssl(?:mode)?=([\w-]+)/.exec(url)?.[1] ?? 'disable';
  if (mode === 'disable' || mode === 'false') return 'none';
  if (mode === 'prefer') return 'preferred';
  return mode === 'require' || mode === 'allow' || mode === 'no-verify' ? 'required' : 'verified';
}

/** PostgreSQL's SSLRequest message: its own length, then the request code. */
const wish = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

async function encrypted(raw: Socket, host: string, encryption: Exclude<Encryption, 'none'>): Promise<Socket> {
  const giveUp = AbortSignal.timeout(connectWithinMs);
  try {
    raw.write(wish);
    const [answer] = await once(raw, 'data', { signal: giveUp });
    if (String(answer) !== 'S') {
      if (encryption === 'preferred') return raw;
      throw new Error('the database offers no TLS, and sslmode wants it');
    }
    // From here on the TLS socket reports this socket's errors.
    raw.on('error', () => {});
    const named = isIP(host) === 0 ? { servername: host } : {};
    const socket = connectTls({ socket: raw, ...named, rejectUnauthorized: encryption === 'verified' });
    await once(socket, 'secureConnect', { signal: giveUp });
    return socket;
  } catch (error) {
    raw.destroy();
    throw giveUp.aborted ? connectionLost('the database did not answer in time') : error;
  }
}

/** A socket that fails as soon as the driver listens. If we threw instead, the driver would lose count of its connections. */
function stillborn(error: Error): Socket {
  const socket = new Socket();
  setImmediate(() => socket.destroy(error));
  return socket;
}

function inOrder(socket: Socket): Socket {
  const emit = socket.emit.bind(socket);
  let hasFailed = false;
  socket.emit = (event: string, ...told: unknown[]) => {
    if (event === 'error') hasFailed = true;
    if (event !== 'close') return emit(event, ...told);
    if (!hasFailed) emit('error', connectionLost('the line to the database was closed'));
    // The second `setImmediate` runs after the writes that the driver has postponed.
    setImmediate(() => setImmediate(() => emit('close', false)));
    return true;
  };
  return socket;
}
