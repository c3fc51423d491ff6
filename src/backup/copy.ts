import { type Duplex, Readable, Writable } from 'node:stream';
import type pg from 'pg';

// PostgreSQL's COPY over `pg`, which knows the messages but has no streams for them. See "Frontend/Backend Protocol" in its manual.

/** In bytes. Rows are passed on in pieces of at least this size, because each comes in a message of its own. */
const pieceBytes = 64 * 1024;

/** The rows of a `COPY … TO STDOUT`. The server sends them no faster than they are read. */
export function copyOut(client: pg.Client, statement: string): Readable {
  let socket: Duplex | null = null;
  let piece: Buffer[] = [];
  let bytes = 0;
  const rows = new Readable({
    highWaterMark: pieceBytes,
    read: () => socket?.resume(),
    destroy: (error, done) => {
      // The rest of the answer has to be read before the connection can do anything else.
      socket?.resume();
      done(error);
    },
  });
  const pass = () => {
    if (bytes > 0 && !rows.destroyed && !rows.push(Buffer.concat(piece))) socket?.pause();
    piece = [];
    bytes = 0;
  };
  client.query({
    submit: (connection: pg.Connection) => {
      socket = connection.stream;
      connection.query(statement);
    },
    handleCopyData: ({ chunk }: { chunk: Buffer }) => {
      // A copy: the library uses the memory of the message again.
      piece.push(Buffer.from(chunk));
      bytes += chunk.length;
      if (bytes >= pieceBytes) pass();
    },
    handleError: (error: Error) => void rows.destroy(error),
    handleCommandComplete: () => {},
    handleReadyForQuery: () => {
      pass();
      if (!rows.destroyed) rows.push(null);
    },
  });
  return rows;
}

/** Takes rows for a `COPY … FROM STDIN`. It finishes when the server has stored them, and fails with the server's error. */
export function copyIn(client: pg.Client, statement: string): Writable {
  const [begun, ended] = [Promise.withResolvers<Duplex>(), Promise.withResolvers<void>()];
  // The writer learns of both by its own callbacks.
  for (const { promise } of [begun, ended]) promise.catch(() => {});
  let isOver = false;
  const rows = new Writable({
    write: (chunk: Buffer, _, done) => {
      begun.promise.then((socket) => {
        socket.write(message('d', chunk.length));
        socket.write(chunk, done);
      }, done);
    },
    final: (done) => {
      begun.promise.then(
        (socket) => socket.write(message('c', 0)),
        () => {},
      );
      ended.promise.then(() => done(), done);
    },
    destroy: (error, done) => {
      if (!isOver)
        begun.promise.then(
          (socket) => socket.write(failure),
          () => {},
        );
      done(error);
    },
  });
  client.query({
    submit: (connection: pg.Connection) => connection.query(statement),
    handleCopyInResponse: ({ stream }: pg.Connection) => begun.resolve(stream),
    handleError: (error: Error) => {
      isOver = true;
      begun.reject(error);
      ended.reject(error);
      rows.destroy(error);
    },
    handleCommandComplete: () => {
      isOver = true;
    },
    handleReadyForQuery: () => ended.resolve(),
  });
  return rows;
}

/** A message's kind and its length, which counts itself. */
function message(kind: 'd' | 'c' | 'f', bytes: number): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 'latin1');
  head.writeInt32BE(bytes + 4, 1);
  return head;
}

const failure = Buffer.concat([message('f', 1), Buffer.alloc(1)]);
