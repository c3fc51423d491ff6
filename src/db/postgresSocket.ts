import { once } from 'node:events';
import { isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** The address to which the driver wants a socket. */
type Target = { host: string[]; port: number[]; path?: string | false };

const connectWithinMs = 10_000;

/** The failure of a line to the database: what was asked on it may or may not have been carried out. */
export const connectionLost = (message: string) => Object.assign(new Error(message), { code: 'CONNECTION_CLOSED' });

/**
 * Sockets for the driver's connections to the database of that URL, encrypted as its `sslmode` says. They differ from the usual ones
 * in two ways.
 *
 * They do not wait for ever: when a server dies without a word (its machine is gone, a firewall forgot the connection), the system
 * would go on sending for a quarter of an hour, and whoever waits for the answer with it.
 *
 * And they end in an order that the driver can bear: first a failure, which ends what was asked; a moment later the end, as one without
 * failure. The driver goes on using a connection between the two (it sends a ROLLBACK, for example). What it is asked then is never
 * sent; if the end were a failure it would be forgotten, and when the line is up again it would be answered with nothing, or with the
 * answer to somebody else's question.
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

/** As libpq's words are read by the driver: only `verify-…` and `true` look at the certificate. */
function encryptionOf(url: string): Encryption {
  const mode = /[?&]ssl(?:mode)?=([\w-]+)/.exec(url)?.[1] ?? 'disable';
  if (mode === 'disable' || mode === 'false') return 'none';
  if (mode === 'prefer') return 'preferred';
  return mode === 'require' || mode === 'allow' || mode === 'no-verify' ? 'required' : 'verified';
}

/** PostgreSQL's message that asks for TLS: its own length, and the number that stands for it. */
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
    // From here on its failures are told by the socket around it.
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

/** A socket that fails as soon as somebody listens: the driver would lose count of a connection that it was given no socket for. */
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
    // The second one comes after the writes that the driver has put off.
    setImmediate(() => setImmediate(() => emit('close', false)));
    return true;
  };
  return socket;
}
