import { getEventListeners, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createRest, sendMessage } from '../../../../src/bots/discord/rest.ts';
import { portOf } from '../../../chaos/port.ts';

/** A Discord that answers when the test says so. */
async function openApi() {
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    responses.push(response);
    server.emit('asked', request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  const apiUrl = `http://127.0.0.1:${portOf(server.address())}/api`;
  return { apiUrl, asked: () => once(server, 'asked'), answer: () => answer(responses) };
}

function answer(responses: ServerResponse[]): void {
  for (const response of responses.splice(0)) {
    response.setHeader('content-type', 'application/json');
    response.end('{"id":"1","attachments":[]}');
  }
}

const call = { method: 'POST', route: '/channels/1/messages', body: { content: 'a fox' } } as const;

test('a request ends with the signal of its caller, and leaves nothing on it', async () => {
  const api = await openApi();
  const rest = createRest({ token: 'a', apiUrl: api.apiUrl }, 'worker');
  const turn = new AbortController();
  const first = api.asked();
  const sent = sendMessage(rest, { ...call, signal: turn.signal });
  await first;
  api.answer();
  await sent;
  expect(getEventListeners(turn.signal, 'abort')).toEqual([]);

  const second = api.asked();
  const cut = sendMessage(rest, { ...call, signal: turn.signal });
  await second;
  turn.abort(new Error('the turn is over'));
  await expect(cut).rejects.toThrow();
  await expect(sendMessage(rest, { ...call, signal: turn.signal })).rejects.toThrow();
});

test('a thread without requests is forgotten after some minutes', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const api = await openApi();
  const rest = createRest({ token: 'a', apiUrl: api.apiUrl }, 'worker');
  const asked = api.asked();
  const sent = sendMessage(rest, { ...call, signal: new AbortController().signal });
  await asked;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(rest.handlers.size).toBe(1);
  api.answer();
  await sent;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(rest.handlers.size).toBe(0);
});
