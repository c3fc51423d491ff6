import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

// Debian installs it in a folder that only root's PATH has.
const program = ['nginx', '/usr/sbin/nginx'].find((name) => spawnSync(name, ['-v']).status === 0);

/** The reason why this machine cannot run the nginx tests. Null if it can. */
export const noNginx = program === undefined ? 'nginx is not installed' : null;

export type Nginx = {
  /** The port for TLS, and the port that redirects plain requests to it, on this machine. */
  ports: { tls: number; plain: number };
  /** Its certificate, which only the test trusts. */
  certificate: string;
};

const host = 'vidgenie.example';

/** A real nginx with the documentation's sample, in front of the server on that port. */
export async function startNginx(upstreamPort: number): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'vidgenie-nginx-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [tls, plain] = [await freePort(), await freePort()];
  const { certificate, paths } = await makeCertificate(folder, host);
  const site = changed(await readFile('docs/nginx.conf', 'utf8'), [
    ['server 127.0.0.1:3000;', `server 127.0.0.1:${upstreamPort};`],
    ['listen 80;', `listen 127.0.0.1:${plain};`],
    ['listen [::]:80;', ''],
    ['listen 443 ssl http2;\n', `listen 127.0.0.1:${tls} ssl http2;\n`],
    ['listen [::]:443 ssl http2;', ''],
    [`/etc/letsencrypt/live/${host}/fullchain.pem`, paths.certificate],
    [`/etc/letsencrypt/live/${host}/privkey.pem`, paths.key],
  ]);
  await mkdir(join(folder, 'temporary'));
  await writeFile(join(folder, 'nginx.conf'), mainConfig(site));
  await start(folder);
  return { ports: { tls, plain }, certificate };
}

/** A self-signed certificate and its key. */
export async function makeCertificate(folder: string, name: string) {
  const paths = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
    ...['-keyout', paths.key, '-out', paths.certificate],
  ]);
  if (made.status !== 0) throw new Error(`no certificate was made: ${made.stderr}`);
  const [certificate, key] = await Promise.all([readFile(paths.certificate, 'utf8'), readFile(paths.key, 'utf8')]);
  return { paths, certificate, key };
}

/** The settings that the sample leaves to the distribution, in a folder of the test's own. */
function mainConfig(site: string): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path temporary;`);
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  ${places.join('\n  ')}
${site}
}
`;
}

async function start(folder: string): Promise<void> {
  if (program === undefined) throw new Error('nginx is not installed');
  const child = spawn(program, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  const exit = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (line.includes('start worker process ')) resolve();
    });
    child.once('exit', () => reject(new Error(`nginx did not start: ${lines.join('\n')}`)));
  });
}

/** Throws if a replaced text is missing, because then we would not test the sample. */
function changed(sample: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((text, [old, next]) => {
    if (!text.includes(old)) throw new Error(`docs/nginx.conf has no "${old}"`);
    return text.replaceAll(old, next);
  }, sample);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
