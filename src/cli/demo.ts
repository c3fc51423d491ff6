import { workflowCommands } from '../bots/commands/all.ts';
import { parseArguments } from '../bots/commands/parse.ts';
import { text, workspace } from '../bots/terminal/person.ts';
import type { Reporter } from '../bots/terminal/reporter.ts';
import { startChild } from '../childProcess.ts';
import { changeBalance } from '../db/credits.ts';
import { commandedWorkflows } from '../domain.ts';
import { print, printError } from './output.ts';
import { ownFlags, refuseRun, runWorkflow } from './runs.ts';

/** `vidgenie demo`: a whole run, with a default prompt if you give none, and with as many credits as it needs. */
export async function runDemo(words: readonly string[], isJson: boolean): Promise<number> {
  const { rest, isOpened, workflow: named } = demoFlags(words);
  const { args, wishesJson } = ownFlags(rest);
  const workflow = commandedWorkflows.find((one) => one === named);
  if (!workflow) {
    return refuseRun({ reason: 'unknown_command', given: named, nearest: null, allowed: commandedWorkflows }, isJson);
  }
  const parsed = parseArguments(workflowCommands[workflow], args);
  const lacksPrompt = workflow !== 'video' && parsed.outcome === 'refused' && parsed.refusal.reason === 'missing';
  return await runWorkflow(workflow, lacksPrompt ? [...rest, text.terminal.demoPrompt] : rest, isJson, {
    // The credits go through the ledger like any other grant, so that its sums stay right.
    payFor: async ({ db }, { missing, requestKey }) => {
      const change = { amount: missing, key: requestKey, note: text.terminal.demoGrant };
      await changeBalance(db, workspace.id, { kind: 'grant', origin: 'operator', ...change });
      if (!isJson && !wishesJson) print(text.terminal.demoGranted(missing));
    },
    tell: (reporter) => (isOpened ? opening(reporter) : reporter),
  });
}

/** The demo's own flags, up to a `--`, which quotes the words after it. */
function demoFlags(words: readonly string[]): { rest: string[]; isOpened: boolean; workflow: string } {
  const end = words.indexOf('--');
  const before = end < 0 ? [...words] : words.slice(0, end);
  const after = end < 0 ? [] : words.slice(end);
  const isOpened = before.includes('--open');
  const own = before.filter((word) => word !== '--open');
  const at = own.findIndex((word) => word === '--workflow' || word.startsWith('--workflow='));
  if (at < 0) return { rest: [...own, ...after], isOpened, workflow: 'complete' };
  const inline = own[at]?.split('=')[1];
  const workflow = inline ?? own[at + 1] ?? '';
  const kept = own.filter((_, index) => index !== at && (inline !== undefined || index !== at + 1));
  return { rest: [...kept, ...after], isOpened, workflow };
}

/** Opens the results in the system's own viewers. */
function opening(reporter: Reporter): Reporter {
  return {
    ...reporter,
    delivered: (view, facts) => {
      reporter.delivered(view, facts);
      for (const path of facts.links.values()) openWithDesktop(path);
    },
  };
}

function openWithDesktop(path: string): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = startChild(opener, [path], { stdio: 'ignore', detached: true, isOnDesktop: true });
  child.once('error', () => printError(text.terminal.cannotOpen(opener)));
  child.once('exit', (status) => {
    if (status !== 0 && status !== null) printError(text.terminal.cannotOpen(opener));
  });
  child.unref();
}
