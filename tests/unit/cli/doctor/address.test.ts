import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { expect, onTestFinished, test } from 'vitest';
import { createHttpServer } from '../../../../src/bots/http.ts';
import { mountProbes } from '../../../../src/bots/probes.ts';
import { checkAddress } from '../../../../src/cli/doctor/address.ts';
import { makeCertificate } from '../../../support/nginx.ts';
import { deserted } from '../../../support/providers/server.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? `127.0.0.1:${address.port}` : '';
}

const serve = async (listener: RequestListener) => `http://${await listening(createServer(listener))}`;

const webhooks = true;
const leadsHere = (url: string) => ({ part: 'address', isFine: true, says: `a request to ${url} comes here` });

const portOf = (url: string) => Number(new URL(url).port);

test('before the first start, a proxy that leads to the port is found to lead here', async () => {
  const port = portOf(await deserted());
  const proxy = await serve(async (request, response) => {
    const answer = await fetch(`http://127.0.0.1:${port}${request.url}`, { method: request.method ?? 'GET' });
    const type = answer.headers.get('content-type') ?? 'text/plain';
    response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
  });
  expect(await checkAddress({ port, webhooks }, proxy)).toEqual(leadsHere(proxy));
  // The port is free again for the start.
  const http = createHttpServer();
  onTestFinished(http.close);
  mountProbes(http.app, {
    checks: {},
    metrics: null,
    operatorToken: null,
    isStopping: () => false,
    log: { warn: () => {} },
  });
  expect(await http.listen(port)).toBe(port);
  // Once VidGenie listens, VidGenie itself answers.
  expect(await checkAddress({ port, webhooks: false }, proxy)).toEqual(leadsHere(proxy));
});

test('a proxy that stops the calls of vendors is told of, and only if VidGenie asks for them', async () => {
  const port = portOf(await deserted());
  const proxy = await serve(async (request, response) => {
    if (request.method !== 'GET') return void response.writeHead(403, { 'content-type': 'text/html' }).end('no');
    const answer = await fetch(`http://127.0.0.1:${port}${request.url}`);
    response.writeHead(answer.status).end(await answer.text());
  });
  expect(await checkAddress({ port, webhooks }, proxy)).toMatchObject({ isFine: true, isWarning: true });
  expect(await checkAddress({ port, webhooks: false }, proxy)).toEqual(leadsHere(proxy));
});

test('an address at which something else answers is told with what to do', async () => {
  const port = 0;
  const wrongly = async (url: string) => {
    const { isFine, says } = await checkAddress({ port, webhooks }, url);
    expect(isFine).toBe(false);
    return says;
  };
  const page = await serve((_, response) => response.end('<h1>It works!</h1>'));
  expect(await wrongly(page)).toMatch(/^something else answers at .*200 .*correct PUBLIC_URL/);
  const missing = await serve((_, response) => response.writeHead(404).end());
  expect(await wrongly(missing)).toMatch(/^something else answers at .*404/);
  const gateway = await serve((_, response) => response.writeHead(502).end());
  expect(await wrongly(gateway)).toMatch(
    /answers 502: a proxy is there, and does not reach VidGenie on port 0 .*nginx/,
  );
  const moved = await serve((_, response) =>
    response.writeHead(308, { location: 'https://www.example/healthz' }).end(),
  );
  expect(await wrongly(moved)).toContain('leads on to https://www.example: set PUBLIC_URL');

  expect(await wrongly(await deserted())).toMatch(/ECONNREFUSED.*: start the proxy there/);
  expect(await wrongly('https://nowhere.invalid')).toMatch(/: give the name an address in DNS/);
  const { key, certificate } = await makeCertificate(await temporaryDirectory(), 'vidgenie.example');
  const secure = createTlsServer({ key, cert: certificate }, (_, response) => response.end());
  expect(await wrongly(`https://${await listening(secure)}`)).toMatch(/: give the proxy there a certificate/);
});
