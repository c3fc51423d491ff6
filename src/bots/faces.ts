import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import { createHttpServer } from './http.ts';
import type { Services } from './services.ts';

export type Faces = {
  /** Where HTTP is served; null when no face needs it. */
  port: number | null;
  stop: () => Promise<void>;
};

/** Connects to every chat platform that the configuration names; null when it names none. Each is loaded only when it is needed. */
export async function startFaces(
  config: Config,
  { services, log }: { services: Services; log: Logger },
): Promise<Faces | null> {
  if (!config.slack) return null;
  const http = createHttpServer();
  http.app.get('/healthz', (context) => context.text('ok'));
  const { startSlackBot } = await import('./slack/bot.ts');
  const slack = await startSlackBot({ services, settings: config.slack, http: http.app, log });
  const port = await http.listen(config.port);
  return {
    port,
    stop: async () => {
      await http.close();
      await slack.stop();
    },
  };
}
