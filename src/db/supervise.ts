import { describeEmbedded, type EmbeddedServer, openEmbedded } from './embedded.ts';

/** In milliseconds. How often VidGenie checks the embedded server. */
const lookEveryMs = 2_000;

type Notices = { onNotice: (message: string) => void; onTrouble: (error: unknown) => void };

/**
 * Opens the embedded PostgreSQL and keeps it running while this process lives. If the server is killed (by a machine out of
 * memory, say), it restarts on the same port and the connection pools reconnect by themselves.
 */
export async function superviseEmbedded(home: string, notices: Notices): Promise<EmbeddedServer> {
  let server = await openEmbedded(home, { onNotice: notices.onNotice });
  const { url, started } = server;
  let looking: Promise<void> = Promise.resolve();
  let idle = true;

  async function look(): Promise<void> {
    if ((await describeEmbedded(home)).running) return;
    const next = await openEmbedded(home, { onNotice: notices.onNotice });
    const last = server;
    server = next;
    await last.close();
    if (next.started) notices.onNotice('the embedded PostgreSQL had stopped and was started again');
    if (next.url !== url) throw new Error('the embedded PostgreSQL came back on another port: restart VidGenie');
  }

  const ticker = setInterval(() => {
    if (!idle) return;
    idle = false;
    looking = look()
      .catch(notices.onTrouble)
      .finally(() => {
        idle = true;
      });
  }, lookEveryMs);
  return {
    url,
    started,
    close: async () => {
      clearInterval(ticker);
      await looking;
      await server.close();
    },
  };
}
