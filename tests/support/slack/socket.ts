import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { createInbox, type Inbox } from '../inbox.ts';
import type { Slack } from './slack.ts';

const acknowledged = z.object({ envelope_id: z.string(), payload: z.unknown() });

/** Slack's end of Socket Mode. It gives out an address, greets, sends envelopes and receives their acknowledgements. */
export type SocketStub = {
  acks: Inbox<z.infer<typeof acknowledged>>;
  /** Sends an envelope to the connected client. Returns its id. */
  send: (type: string, payload: object) => Promise<string>;
  connections: Inbox<number>;
  /** Cuts every connection, as Slack does every few hours. */
  cut: () => void;
};

export async function startSocketStub(slack: Slack): Promise<SocketStub> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const address: AddressInfo | string | null = server.address();
  const url = typeof address === 'object' && address ? `ws://127.0.0.1:${address.port}/link` : '';
  const acks = createInbox<z.infer<typeof acknowledged>>((ack) => JSON.stringify(ack));
  const connections = createInbox<number>(String);
  server.on('connection', (socket) => {
    socket.send(JSON.stringify({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A0VIDGENIE' } }));
    socket.on('message', (data) => acks.add(acknowledged.parse(JSON.parse(String(data)))));
    connections.add(connections.all().length + 1);
  });
  const { answer } = slack.retouch;
  slack.retouch.answer = (call) => (call.method === 'apps.connections.open' ? { ok: true, url } : answer(call));
  return {
    acks,
    connections,
    send: async (type, payload) => {
      await connections.first(() => server.clients.size > 0, 'a connection');
      const envelope = { envelope_id: randomUUID(), type, payload, accepts_response_payload: true, retry_attempt: 0 };
      for (const client of server.clients) client.send(JSON.stringify(envelope));
      return envelope.envelope_id;
    },
    cut: () => {
      for (const client of server.clients) client.close();
    },
  };
}
