import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The behaviour of the network between a program and a dependency. */
export type Weather =
  | 'fine'
  /** New connections are refused, and existing ones were reset. */
  | 'cut'
  /** Nothing gets through in either direction, and nobody gets an error. */
  | 'blackhole'
  /** Requests arrive, but answers do not, so the caller cannot know what was done. */
  | 'mute';

export type TcpProxy = {
  port: number;
  turn: (weather: Weather) => void;
  /** Adds this many milliseconds to everything, each way. */
  delay: (ms: number) => void;
  /** Lets so many bytes a second through, on each connection and each way. Null: as many as come. */
  narrow: (bytesPerSecond: number | null) => void;
  /** Existing connections stay open for ever and carry nothing more, whatever the weather becomes. New ones work. */
  halfOpen: () => void;
  /** Resets every existing connection. */
  reset: () => void;
  /** Swallows the answers of a connection from its first matching request on, and then resets the connection. */
  swallowAnswerTo: (question: (bytes: Buffer) => boolean) => Promise<void>;
  /** Swallows the first matching request, and resets its connection. */
  swallow: (question: (bytes: Buffer) => boolean) => Promise<void>;
  /** The number of refused connections so far. */
  refused: () => number;
  close: () => Promise<void>;
};

type Lane = {
  pair: Pair;
  to: Socket;
  isAnswer: boolean;
  waiting: { bytes: Buffer; dueAt: number }[];
  timer: NodeJS.Timeout | null;
  /** When the last bytes are through. */
  freeAt: number;
};
type Pair = { near: Socket; far: Socket; isDead: boolean };

/** Stands between a program and one of its dependencies, and treats the connections as a bad network does. */
export async function openTcpProxy(target: () => { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let weather: Weather = 'fine';
  let delayMs = 0;
  let bytesPerSecond: number | null = null;
  let refused = 0;
  let watched: { question: (bytes: Buffer) => boolean; arrives: boolean; done: () => void } | null = null;

  const end = (pair: Pair) => {
    pairs.delete(pair);
    for (const socket of [pair.near, pair.far]) if (!socket.destroyed) socket.resetAndDestroy();
  };
  /** Bytes on their way, in order. Late bytes hold back the bytes after them. */
  const lanes = new Set<Lane>();
  const flush = (lane: Lane) => {
    if (lane.timer) clearTimeout(lane.timer);
    lane.timer = null;
    for (;;) {
      const [first] = lane.waiting;
      const isStuck = lane.pair.isDead || weather === 'blackhole' || (weather === 'mute' && lane.isAnswer);
      if (!first || isStuck) return;
      const leftMs = first.dueAt - Date.now();
      if (leftMs > 0) {
        lane.timer = setTimeout(() => flush(lane), leftMs);
        return;
      }
      lane.waiting.shift();
      if (!lane.to.destroyed) lane.to.write(first.bytes);
    }
  };
  const openLane = (pair: Pair, to: Socket, isAnswer: boolean) => {
    const lane: Lane = { pair, to, isAnswer, waiting: [], timer: null, freeAt: 0 };
    lanes.add(lane);
    to.once('close', () => lanes.delete(lane));
    return (bytes: Buffer) => {
      const lastsMs = bytesPerSecond === null ? 0 : (bytes.length / bytesPerSecond) * 1_000;
      lane.freeAt = Math.max(lane.freeAt, Date.now()) + lastsMs;
      lane.waiting.push({ bytes, dueAt: lane.freeAt + delayMs });
      flush(lane);
    };
  };

  const server = createServer((near) => {
    if (weather === 'cut') {
      refused += 1;
      near.resetAndDestroy();
      return;
    }
    const { host, port } = target();
    const far = connect(port, host);
    const pair: Pair = { near, far, isDead: false };
    pairs.add(pair);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => pair.isDead || end(pair));
      socket.on('end', () => pair.isDead || end(pair));
    }
    let isSwallowed = false;
    const [ask, answer] = [openLane(pair, far, false), openLane(pair, near, true)];
    near.on('data', (bytes) => {
      const now = watched;
      if (now?.question(bytes)) {
        watched = null;
        if (!now.arrives) {
          end(pair);
          return now.done();
        }
        isSwallowed = true;
        far.once('data', () => {
          end(pair);
          now.done();
        });
      }
      ask(bytes);
    });
    far.on('data', (bytes) => {
      if (!isSwallowed) answer(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = addressOf(server.address());

  return {
    port,
    turn: (next) => {
      weather = next;
      if (next === 'cut') for (const pair of pairs) end(pair);
      for (const lane of lanes) flush(lane);
    },
    delay: (ms) => {
      delayMs = ms;
    },
    narrow: (next) => {
      bytesPerSecond = next;
    },
    halfOpen: () => {
      for (const pair of pairs) pair.isDead = true;
    },
    reset: () => {
      for (const pair of pairs) if (!pair.isDead) end(pair);
    },
    swallowAnswerTo: (question) =>
      new Promise((resolve) => {
        watched = { question, arrives: true, done: resolve };
      }),
    swallow: (question) =>
      new Promise((resolve) => {
        watched = { question, arrives: false, done: resolve };
      }),
    refused: () => refused,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const pair of pairs) end(pair);
      await closed;
    },
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address;
}
