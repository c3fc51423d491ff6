import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** How the network between a program and what it depends on behaves. */
export type Weather =
  | 'fine'
  /** New connections are refused, those there are were reset. */
  | 'cut'
  /** Nothing gets through in either direction, and nobody is told. */
  | 'blackhole'
  /** Questions arrive, answers do not: the caller cannot know what was done. */
  | 'mute';

export type TcpProxy = {
  port: number;
  turn: (weather: Weather) => void;
  /** Milliseconds that everything takes longer, each way. */
  delay: (ms: number) => void;
  /** Connections there are at this moment stay open for ever and carry nothing more, whatever the weather becomes; new ones work. */
  halfOpen: () => void;
  /** Resets every connection there is at this moment. */
  reset: () => void;
  /** Swallows answers of the connection from the first question on that fits, and resets the connection then. */
  swallowAnswerTo: (question: (bytes: Buffer) => boolean) => Promise<void>;
  /** Connections that were refused so far. */
  refused: () => number;
  close: () => Promise<void>;
};

type Lane = {
  pair: Pair;
  to: Socket;
  isAnswer: boolean;
  waiting: { bytes: Buffer; dueAt: number }[];
  timer: NodeJS.Timeout | null;
};
type Pair = { near: Socket; far: Socket; isDead: boolean };

/** Stands between a program and one of its dependencies and does to the connections what a bad network does. */
export async function openTcpProxy(target: () => { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let weather: Weather = 'fine';
  let delayMs = 0;
  let refused = 0;
  let watched: { question: (bytes: Buffer) => boolean; done: () => void } | null = null;

  const end = (pair: Pair) => {
    pairs.delete(pair);
    for (const socket of [pair.near, pair.far]) if (!socket.destroyed) socket.resetAndDestroy();
  };
  /** Bytes on their way, in their order: whatever is late holds back what comes after it. */
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
    const lane: Lane = { pair, to, isAnswer, waiting: [], timer: null };
    lanes.add(lane);
    to.once('close', () => lanes.delete(lane));
    return (bytes: Buffer) => {
      lane.waiting.push({ bytes, dueAt: Date.now() + delayMs });
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
        isSwallowed = true;
        watched = null;
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
    halfOpen: () => {
      for (const pair of pairs) pair.isDead = true;
    },
    reset: () => {
      for (const pair of pairs) if (!pair.isDead) end(pair);
    },
    swallowAnswerTo: (question) =>
      new Promise((resolve) => {
        watched = { question, done: resolve };
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
