import { member, text, workspace } from '../bots/terminal/person.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../observability/log.ts';
import { exitStatus, OperatorError } from './exit.ts';
import { configure, withProgram } from './open.ts';
import { print, printError, stdoutSurface } from './output.ts';

/**
 * `vidgenie start`: starts the roles that the configuration names. Without a chat platform, every role but a pure worker gets
 * the page, on this machine alone, and a terminal. If there is no terminal, such as under a supervisor, the page stays until a
 * signal stops it.
 */
export async function start(): Promise<number> {
  const config = configure();
  const { role, discord, slack } = config;
  const surface = stdoutSurface();
  const isTyped = process.stdin.isTTY && surface.isLive;
  if (role === 'worker' || discord !== null || slack !== null) return await serve(config);
  // Typed and drawn lines share the screen with the log, unless the log goes elsewhere.
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
      // We stop both at once, because one after the other would take longer than a stop may.
      await Promise.all([page.stop(), program.drain()]);
    }
    return exitStatus.done;
  });
  return isService ? servedUntilTold(status) : status;
}

/** A process without a terminal. It works until a signal stops it, which is its normal end. */
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
      // We do both at once: the bots hear no more commands, and the worker takes no more turns.
      await Promise.all([stopBots(), program.drain()]);
      return exitStatus.done;
    },
  );
  return servedUntilTold(status);
}

/**
 * Warns about a misspelt variable, which otherwise has no effect. If the log is null, the warning goes to the person at the
 * terminal.
 */
function tellMisspelt({ misspelt }: Config, log: Logger | null): void {
  for (const { name, meant } of misspelt) {
    const said = text.operator.misspelt(name, meant);
    if (log) log.warn({ variable: name }, said);
    else printError(said);
  }
}

/** Only a process that serves loads this. */
const openMetrics = async () => (await import('../observability/metrics.ts')).createMetrics();

/** A signal is the normal end of a service. */
const servedUntilTold = (status: number): number =>
  status === exitStatus.interrupted || status === exitStatus.terminated ? exitStatus.done : status;

/** Resolves when a signal asks the process to stop, and keeps the process alive until then. */
async function told(signal: AbortSignal): Promise<void> {
  const forever = setInterval(() => {}, 60_000);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
  clearInterval(forever);
}

/** Two processes on one machine cannot listen on one port. The operator must fix that, so the error is one line. */
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
