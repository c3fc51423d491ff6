import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import S3rver from 's3rver';
import { objectionTo } from './signature.ts';

/** The only account that s3rver knows. */
const account = { id: 'S3RVER', secret: 'S3RVER', region: 'us-east-1' } as const;

export type S3Server = {
  endpoint: string;
  /** The variables with which an operator uses its bucket `vidgenie`. */
  environment: Record<string, string>;
  /** Every request that arrived. */
  requests: { method: string; path: string }[];
  /** Resolves when the next request on that path arrives. */
  arrival: (path: RegExp) => Promise<void>;
  /** While set, every request gets this status. `hang`: no answer at all. */
  fault: number | 'hang' | null;
  close: () => Promise<void>;
};

/**
 * s3rver on a port of its own, with its data in `directory`. s3rver accepts any newer signature, and links that never expire,
 * so we check those before it gets a request.
 */
export async function startS3(
  directory: string,
  { port = 0, now = () => new Date() }: { port?: number; now?: () => Date } = {},
): Promise<S3Server> {
  const handle = new S3rver({ directory, silent: true, vhostBuckets: false, resetOnClose: false }).callback();
  const requests: S3Server['requests'] = [];
  const completed = new Set<string>();
  const waiting: { path: RegExp; resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const { method = '', url: path = '' } = request;
    requests.push({ method, path });
    for (const one of waiting) if (one.path.test(path)) one.resolve();
    if (running.fault === 'hang') return;
    const refuse = (status: number, code: string) => {
      request.resume();
      const body = request.method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
      response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
    };
    if (running.fault !== null) return refuse(running.fault, 'ServiceUnavailable');
    const objection = objectionTo(request, account, now());
    if (objection !== null) return refuse(objection === 'AuthorizationHeaderMalformed' ? 400 : 403, objection);
    // s3rver fails on a second completion of the same upload. S3 answers NoSuchUpload.
    const upload = method === 'POST' ? /[?&]uploadId=([^&]+)/.exec(path)?.[1] : undefined;
    if (upload !== undefined && completed.has(upload)) return refuse(404, 'NoSuchUpload');
    if (upload !== undefined) completed.add(upload);
    handle(request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${portOf(server)}`;
  const running: S3Server = {
    endpoint,
    environment: {
      S3_BUCKET: 'vidgenie',
      S3_ENDPOINT: endpoint,
      S3_REGION: account.region,
      S3_ACCESS_KEY_ID: account.id,
      S3_SECRET_ACCESS_KEY: account.secret,
    },
    requests,
    arrival: (path) => new Promise((resolve) => waiting.push({ path, resolve })),
    fault: null,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return running;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the S3 server has no port');
  return address.port;
}
