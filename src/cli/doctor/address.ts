import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { text } from '../../bots/terminal/person.ts';
import type { AddressAdvice } from '../../bots/text/en/operator.ts';
import type { Config } from '../../config.ts';
import { reasonOf } from '../explain.ts';
import { type Finding, fine, warning, wrong } from './finding.ts';

const { doctor: words } = text.operator;

/** People and platforms give up sooner than this. Milliseconds. */
const answerWithinMs = 8_000;

/**
 * Checks that a request to the public address reaches VidGenie. If nobody listens on the port yet, we listen for that moment.
 * So you can test a proxy, a name and a certificate before the first start.
 */
export async function checkAddress(
  { port, webhooks }: Pick<Config, 'port' | 'webhooks'>,
  publicUrl: string,
): Promise<Finding> {
  const mark = randomUUID();
  const server = await listen(port, mark);
  try {
    const answer = await fetch(`${publicUrl}/healthz`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(answerWithinMs),
    });
    const location = answer.headers.get('location');
    if (location !== null) return wrong('address', words.addressRedirects(publicUrl, originOf(location, publicUrl)));
    const said = (await answer.text()).slice(0, 200);
    if (said === aliveAs(mark) || (answer.ok && /^\{"status":"alive"\}$/.test(said))) {
      const isHeard = !webhooks || (await hearsVendors(publicUrl));
      return isHeard
        ? fine('address', words.addressFine(publicUrl))
        : warning('address', words.hooksStopped(publicUrl));
    }
    if ([502, 503, 504].includes(answer.status))
      return wrong('address', words.proxyAlone(publicUrl, answer.status, port));
    return wrong('address', words.addressElsewhere(publicUrl, answer.status));
  } catch (error) {
    return wrong('address', words.addressUnreachable(publicUrl, adviceFor(codeOf(error)), reasonOf(causeOf(error))));
  } finally {
    server?.closeAllConnections();
    server?.close();
  }
}

/** Whether a vendor's call reaches VidGenie. Nobody has made this address, so it is refused, in a form that no proxy uses. */
async function hearsVendors(publicUrl: string): Promise<boolean> {
  const signal = AbortSignal.timeout(answerWithinMs);
  const answer = await fetch(`${publicUrl}${hookPath}`, { method: 'POST', body: '{}', redirect: 'manual', signal });
  await answer.body?.cancel();
  return answer.status === 404 && answer.headers.get('content-type') === problemType;
}

const hookPath = '/hooks/doctor/hello';
const problemType = 'application/problem+json';

const aliveAs = (mark: string) => JSON.stringify({ status: 'alive', mark });

/** Null if somebody already listens: most likely VidGenie itself. */
async function listen(port: number, mark: string): Promise<Server | null> {
  // Port 0 is chosen at the start, so nobody can find it before.
  if (port === 0) return null;
  const server = createServer((request, response) => {
    response.setHeader('connection', 'close');
    if (request.url === hookPath) return void response.writeHead(404, { 'content-type': problemType }).end();
    if (request.url !== '/healthz') return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(aliveAs(mark));
  });
  return await new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(port, () => resolve(server));
  });
}

const originOf = (location: string, base: string): string => URL.parse(location, base)?.origin ?? location;

/** `fetch` wraps the real error in one that says only that it failed. */
const causeOf = (error: unknown): unknown => (error instanceof TypeError && error.cause ? error.cause : error);

function codeOf(error: unknown): string {
  const cause = causeOf(error);
  if (!(cause instanceof Error)) return '';
  if (cause.name === 'TimeoutError') return 'ETIMEDOUT';
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

function adviceFor(code: string): AddressAdvice {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name';
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'EHOSTUNREACH') return 'silent';
  return /CERT|SSL|TLS|SIGN|ALTNAME/.test(code) ? 'certificate' : 'other';
}
