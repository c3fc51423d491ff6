import { member, text, workspace } from '../bots/terminal/person.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../observability/log.ts';
import { exitStatus, OperatorError } from './exit.ts';
import { configure, withProgram } from './open.ts';
import { print, printError, stdoutSurface } from './output.ts';

/**
 * `vidgenie start`: the roles that the configuration names. Without a chat platform, whoever is not only a worker gets the page, on this
 * machine alone, and a terminal; where nothing is typed, such as under a supervisor, the page stays until it is told to stop.
 */
export async function start(): Promise<number> {
  const config = configure();
  const { role, discord, slack } = config;
  const surface = stdoutSurface();
  const isTyped = process.stdin.isTTY && surface.isLive;
  if (role === 'worker' || discord !== null || slack !== null) return await serve(config);
  // What is typed and drawn shares the screen with the log, unless that goes elsewhere.
  const logLevel = isTyped ? (process.stderr.isTTY ? 'silent' : 'warn') : 'info';
  let isService = false;
  const opening = { worker: role === 'all', logLevel, config, metrics: await openMetrics() } as const;
  const status = await withProgram(opening, async ({ program, log, signal }) => {
    tellMisspelt(config, isTyped ? null : log);
    const onFault = (error: unknown) => log.error({ error }, 'a command failed');
    const { startLocalPage, defaultNoticeMs } = await import('../bots.ts');
    const page = await listening(config, startLocalPage(program, log, { workspace, member }, defaultNoticeMs));
    const services = { ...program.services, localAddress: page.address };
    try {
      if (page.isOther) print(text.operator.otherPort(config.port));
      print(text.operator.pageAt(page.address));
      if (isTyped) {
        const { runInteractive } = await import('../bots/terminal/interactive.ts');
        await runInteractive({ services, surface, onFault, signal });
      } else {
        const { runPiped } = await import('../bots/terminal/piped.ts');
        const lines = await runPiped({ services, input: process.stdin, surface, write: print, onFault, signal });
        isService = lines === 0;
        if (isService) await told(signal);
      }
    } finally {
      // At once: together they would take longer than a stop may.
      await Promise.all([page.stop(), program.drain()]);
    }
    return exitStatus.done;
  });
  return isService ? servedUntilTold(status) : status;
}

/** A process without a terminal: it works until it is told to stop, and that is how it is meant to end. */
async function serve(config: Config): Promise<number> {
  const { role } = config;
  const status = await withProgram(
    { worker: role !== 'bot', logLevel: 'info', config, metrics: await openMetrics() },
    async ({ program, log, signal }) => {
      tellMisspelt(config, log);
      const [{ startBots, defaultNoticeMs }, { createHttpServer }] = await Promise.all([
        import('../bots.ts'),
        import('../bots/http.ts'),
      ]);
      const stopBots = await listening(config, startBots(program, log, createHttpServer(), defaultNoticeMs));
      log.info({ role }, 'VidGenie is at work');
      await told(signal);
      log.info({ role }, 'stopping');
      // At once: nobody is heard any more, and no more turns are taken.
      await Promise.all([stopBots(), program.drain()]);
      return exitStatus.done;
    },
  );
  return servedUntilTold(status);
}

/** Somebody who misspelt a variable sees nothing of what it was to do. Null: whoever typed the command is told, in place of a log. */
function tellMisspelt({ misspelt }: Config, log: Logger | null): void {
  for (const { name, meant } of misspelt) {
    const said = text.operator.misspelt(name, meant);
    if (log) log.warn({ variable: name }, said);
    else printError(said);
  }
}

/** Loaded by what serves and by nothing else. */
const openMetrics = async () => (await import('../observability/metrics.ts')).createMetrics();

/** To be told to stop is how a service is meant to end. */
const servedUntilTold = (status: number): number =>
  status === exitStatus.interrupted || status === exitStatus.terminated ? exitStatus.done : status;

/** Resolves when the process is told to stop, and keeps it alive until then. */
async function told(signal: AbortSignal): Promise<void> {
  const forever = setInterval(() => {}, 60_000);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
  clearInterval(forever);
}

/** Two processes on one machine cannot listen at one port: that is the operator's to settle, in one line. */
async function listening<T>({ port }: Config, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EADDRINUSE') throw new OperatorError(text.operator.portTaken(port), exitStatus.failed, error);
    if (code === 'EACCES') throw new OperatorError(text.operator.portForbidden(port), exitStatus.failed, error);
    throw error;
  }
}
