import { perform, workflowCommands } from '../bots/commands/all.ts';
import type { Command } from '../bots/commands/command.ts';
import { commandCard } from '../bots/commands/help.ts';
import { parseArguments, writeLine } from '../bots/commands/parse.ts';
import { nearest } from '../bots/commands/read.ts';
import type { Refusal } from '../bots/commands/refusal.ts';
import type { CommandRequest } from '../bots/commands/request.ts';
import { refusalCard } from '../bots/refusalCard.ts';
import type { Services } from '../bots/services.ts';
import { canvasOf, type Surface } from '../bots/terminal/canvas.ts';
import { refusedEvent } from '../bots/terminal/events.ts';
import { createJsonReporter } from '../bots/terminal/jsonReporter.ts';
import { createLiveReporter } from '../bots/terminal/liveReporter.ts';
import { openScreen } from '../bots/terminal/openScreen.ts';
import { paintCard } from '../bots/terminal/paint.ts';
import { createRequest, text } from '../bots/terminal/person.ts';
import { createPlainReporter } from '../bots/terminal/plainReporter.ts';
import type { Reporter } from '../bots/terminal/reporter.ts';
import { openThread, type PayFor, type ThreadEnd } from '../bots/terminal/thread.ts';
import { commandedWorkflows } from '../domain.ts';
import { exitStatus } from './exit.ts';
import { withProgram } from './open.ts';
import { print, printError, printJson, stdoutSurface } from './output.ts';

const statusOf: Record<ThreadEnd, number> = {
  complete: exitStatus.done,
  incomplete: exitStatus.failed,
  refused: exitStatus.failed,
  stopped: exitStatus.interrupted,
};

type RunExtras = {
  /** Provides the credits that a run lacks. Without it, the run is refused. */
  payFor?: PayFor;
  /** Wraps the reporter, for example to open the results. */
  tell?: (reporter: Reporter) => Reporter;
};

/** `vidgenie run <workflow> …`: takes the words that you would type in a chat. */
export async function runWorkflow(
  name: string,
  words: readonly string[],
  isJson: boolean,
  extras: RunExtras = {},
): Promise<number> {
  const workflow = commandedWorkflows.find((known) => known === name);
  if (!workflow) {
    const near = nearest(name, commandedWorkflows);
    return refuseRun({ reason: 'unknown_command', given: name, nearest: near, allowed: commandedWorkflows }, isJson);
  }
  return await runCommand(workflowCommands[workflow], words, isJson, extras);
}

/** Carries out a command that starts a run, and reports on the run until its end. */
export async function runCommand(
  command: Command,
  words: readonly string[],
  isJson: boolean,
  { payFor, tell = (reporter) => reporter }: RunExtras = {},
): Promise<number> {
  const { args, wishesJson, wishesHelp } = ownFlags(words);
  if (wishesHelp) {
    const { commandHelp } = await import('./commandHelp.ts');
    const takesModel = command.options.some(({ kind }) => kind.kind === 'model');
    const card = takesModel ? await commandHelp(command) : commandCard(command, text);
    print(...paintCard(card, canvasOf(stdoutSurface(), text)));
    return exitStatus.done;
  }
  const json = isJson || wishesJson;
  const parsed = parseArguments(command, args);
  if (parsed.outcome === 'refused') return refuseRun(parsed.refusal, json);

  const { given } = parsed;
  const asked = {
    perform: (request: CommandRequest) => perform(request, command, given),
    typed: writeLine(command, given),
  };
  const surface = stdoutSurface();
  const isLive = surface.isLive && !json;
  // A log and a live thread cannot share a terminal. The thread itself reports the run's faults.
  const logLevel = isLive && process.stderr.isTTY ? 'silent' : 'warn';
  return await withProgram({ worker: true, logLevel }, async ({ program, signal }) => {
    const reporter = tell(await createReporter(program.services, surface, isLive, json));
    try {
      const request = createRequest(program.services, signal);
      return statusOf[await openThread(request, asked, reporter, payFor)];
    } finally {
      await reporter.close();
    }
  });
}

/** The flags of the command line among the words of a command, up to a `--`, which quotes the words after it. */
export function ownFlags(words: readonly string[]): { args: string[]; wishesJson: boolean; wishesHelp: boolean } {
  const end = words.indexOf('--');
  const before = end < 0 ? [...words] : words.slice(0, end);
  const after = end < 0 ? [] : words.slice(end);
  return {
    args: [...before.filter((word) => word !== '--json' && word !== '--help'), ...after],
    wishesJson: before.includes('--json'),
    wishesHelp: before.includes('--help'),
  };
}

export function refuseRun(refusal: Refusal, isJson: boolean): number {
  if (isJson) printJson(refusedEvent(refusal, text));
  const surface = stdoutSurface();
  printError(...paintCard(refusalCard(refusal, text), canvasOf({ ...surface, hasColour: false }, text)));
  return exitStatus.misused;
}

async function createReporter(
  services: Services,
  surface: Surface,
  isLive: boolean,
  isJson: boolean,
): Promise<Reporter> {
  if (isJson) return createJsonReporter(services, text, print);
  if (!isLive) return createPlainReporter(services, text, surface, print);
  const screen = await openScreen({ stdout: process.stdout, input: null });
  return createLiveReporter(services, text, surface, screen);
}
