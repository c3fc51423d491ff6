import { createInterface } from 'node:readline';

/**
 * A process that uses the embedded PostgreSQL of the home in its first argument, for tests to command and to kill.
 * It says `ready`, then obeys lines: `open` answers with what it got, `close` leaves and ends. When its parent is gone
 * it leaves as well. The second argument is the module to test, for the tests that keep a copy elsewhere.
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

// Like `npm start`: Ctrl-C is for an orderly shutdown to handle, not for dying on the spot.
process.on('SIGINT', () => undefined);
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void obey(line));
lines.on('close', () => void obey('close'));
say({ said: 'ready' });
