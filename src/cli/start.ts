import type { Config } from '../config.ts';
import { exitStatus } from './exit.ts';
import { configure, withProgram } from './open.ts';
import { print, stdoutSurface } from './output.ts';

/** `vidgenie start`: the roles that the configuration names. Without a chat platform, whoever is not only a worker gets a terminal. */
export async function start(): Promise<number> {
  const config = configure();
  const { role, discord, slack } = config;
  const surface = stdoutSurface();
  const isTyped = process.stdin.isTTY && surface.isLive;
  if (role === 'worker' || discord !== null || slack !== null) return await serve(config);
  // What is typed and drawn shares the screen with the log, unless that goes elsewhere.
  const logLevel = isTyped ? (process.stderr.isTTY ? 'silent' : 'warn') : 'info';
  return await withProgram({ worker: role === 'all', logLevel, config }, async ({ program, log, signal }) => {
    const { services } = program;
    const onFault = (error: unknown) => log.error({ error }, 'a command failed');
    if (isTyped) {
      const { runInteractive } = await import('../bots/terminal/interactive.ts');
      await runInteractive({ services, surface, onFault, signal });
    } else {
      const { runPiped } = await import('../bots/terminal/piped.ts');
      await runPiped({ services, input: process.stdin, surface, write: print, onFault, signal });
    }
    return exitStatus.done;
  });
}

/** A process without a terminal: it works until it is told to stop, and that is how it is meant to end. */
async function serve(config: Config): Promise<number> {
  const { role } = config;
  const status = await withProgram(
    { worker: role !== 'bot', logLevel: 'info', config },
    async ({ program, log, signal }) => {
      const stopFaces =
        role === 'worker' ? async () => {} : await (await import('../faces.ts')).startFaces(program, log);
      log.info({ role }, 'VidGenie is at work');
      const forever = setInterval(() => {}, 60_000);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      });
      clearInterval(forever);
      await stopFaces();
      return exitStatus.done;
    },
  );
  return status === exitStatus.interrupted || status === exitStatus.terminated ? exitStatus.done : status;
}
