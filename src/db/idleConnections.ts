import type { Socket } from 'node:net';
import type postgres from 'postgres';

/** The list may get this many empty places. To take all connections from it costs less than a statement. */
const statementsBetween = 100;

export type IdleConnections = {
  /** Counts a connection of the pool. The driver listens with a pool of its own, of one connection. */
  opened: (socket: Socket, pool: { max: number }) => void;
  /** Counts a statement or a transaction. Call what it returns when that is over. */
  begin: (client: postgres.Sql) => () => void;
};

/**
 * Keeps the driver's list of idle connections short. For each statement the driver takes the first connection and leaves an empty
 * place; later it searches the whole list and puts the connection at the end. It drops the empty places only when no connection is
 * left in the list. That may not happen for months, so from time to time we take all of them and give them back.
 */
export function watchIdleConnections(): IdleConnections {
  let [open, underWay, statements] = [0, 0, 0];
  const takeAll = (client: postgres.Sql) => {
    // The driver takes each from the list at once, so the list is empty before the first is given back.
    for (let idle = open - underWay; idle > 0; idle -= 1) {
      client.reserve().then(
        (connection) => connection.release(),
        () => {},
      );
    }
  };
  return {
    opened: (socket, { max }) => {
      if (max === 1) return;
      open += 1;
      socket.once('close', () => {
        open -= 1;
      });
    },
    begin: (client) => {
      underWay += 1;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        underWay -= 1;
        statements += 1;
        if (statements < statementsBetween) return;
        statements = 0;
        // The driver puts a connection back a moment after the answer.
        setImmediate(takeAll, client);
      };
    },
  };
}
