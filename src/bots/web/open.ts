import { setTimeout as delay } from 'node:timers/promises';
import type { Hono } from 'hono';
import { ensureWorkspace } from '../../db/workspaces.ts';
import type { Logger } from '../../observability/log.ts';
import type { Services } from '../services.ts';
import type { LocalPerson } from './deps.ts';
import { type ConsumeRateLimit, createRateLimits } from './limits.ts';
import { createMediaLinks } from './links.ts';
import { mountWeb } from './mount.ts';
import { createStreams } from './sse.ts';

type Opening = {
  services: Services;
  log: Logger;
  local: LocalPerson | null;
  take?: ConsumeRateLimit;
  /** The interval at which a stream sends a sign of life and checks that its reader may still read. Milliseconds. */
  heartbeatMs?: number | undefined;
};

/** Opens the web platform on the program's HTTP server. `stop` ends its streams, so that the server can close. */
export async function openWebBot(
  app: Hono,
  { services, log, local, take = createRateLimits(), heartbeatMs }: Opening,
): Promise<{ stop: () => Promise<void> }> {
  if (local) await ensureWorkspace(services.db, local.workspace, services.freeCredits);
  const stopping = new AbortController();
  await mountWeb(app, {
    services,
    log,
    local,
    take,
    publicUrl: services.publicUrl,
    links: createMediaLinks(services.vault.keyring),
    streams: createStreams(stopping.signal, heartbeatMs),
    stopping: stopping.signal,
  });
  return {
    stop: async () => {
      stopping.abort();
      await delay(0);
    },
  };
}
