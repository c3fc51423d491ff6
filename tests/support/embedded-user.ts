import { createInterface } from 'node:readline';

/**
 * A process that uses the embedded PostgreSQL of the home in its first argument. Tests command it and kill it. It prints
 * `ready`, then obeys lines: `open` answers with the opened server, `close` closes it and ends. When its parent is gone, the
 * process ends as well. The second argument is the module to test, for the tests that keep a copy elsewhere.
 */
const [home = '', modulePath = new URL('../../src/db/embedded.ts', import.meta.url).href] = process.argv.slice(2);
const { openEmbedded }: typeof import('../../src/db/embedded.ts') = await import(modulePath);

const opened: Awaited<ReturnType<typeof openEmbedded>>[] = [];
const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);

async function obey(line: string): Promise<void> {
  try {
    if (line === 'open') {
      const server = await openEmbedded(home);
      opened.push(server);
      say({ said: 'opened', url: server.url, started: server.started });
    } else {
      for (const server of opened) await server.close();
      say({ said: 'closed' });
      process.exit(0);
    }
  } catch (error) {
    say({ said: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

// As in `npm start`, Ctrl-C starts an orderly shutdown and does not end the process at once.
process.on('SIGINT', () => undefined);
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void obey(line));
lines.on('close', () => void obey('close'));
say({ said: 'ready' });
