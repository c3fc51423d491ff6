import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connectRedis, parseRedisUrl } from '../../../src/pipeline/redis.ts';

/** The first bytes of a client that starts TLS with `host`. The server's name stands in them as plain text. */
async function greetingAt(host: string): Promise<string> {
  const server = createServer().listen(0, host);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  const address = parseRedisUrl(`rediss://${host}:${bound.port}`);
  if (!address) throw new Error('the address was not understood');
  const met = once(server, 'connection');
  const client = await connectRedis(address, () => {});
  const [socket] = await met;
  if (!(socket instanceof Socket)) throw new Error('nobody came');
  const [bytes] = await once(socket, 'data');
  client.disconnect();
  socket.destroy();
  return String(bytes);
}

test('a server is told by which name it was looked for, so that one of many behind an address can answer', async () => {
  expect(await greetingAt('localhost')).toContain('localhost');
});

test('a number is no name, and not told as one', async () => {
  expect(await greetingAt('127.0.0.1')).not.toContain('127.0.0.1');
});
