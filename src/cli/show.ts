import type { Card } from '../bots/card.ts';
import { perform } from '../bots/commands/all.ts';
import { cancel } from '../bots/commands/cancel.ts';
import type { Command } from '../bots/commands/command.ts';
import { credits } from '../bots/commands/credits.ts';
import { commandCard } from '../bots/commands/help.ts';
import { history } from '../bots/commands/history.ts';
import { parseArguments } from '../bots/commands/parse.ts';
import type { Given } from '../bots/commands/read.ts';
import type { Refusal } from '../bots/commands/refusal.ts';
import type { Answer, CommandRequest } from '../bots/commands/request.ts';
import { status } from '../bots/commands/status.ts';
import { refusalCard } from '../bots/refusalCard.ts';
import { runCard, shortId } from '../bots/runCard.ts';
import type { Services } from '../bots/services.ts';
import { canvasOf } from '../bots/terminal/canvas.ts';
import { finalEvent, nextOf, refusedEvent, runJson } from '../bots/terminal/events.ts';
import { balanceAfter, follow, linksOf } from '../bots/terminal/follow.ts';
import { nextLines } from '../bots/terminal/nextSteps.ts';
import { paintCard } from '../bots/terminal/paint.ts';
import { createRequest, text, workspace } from '../bots/terminal/person.ts';
import { saysYes, subjectOf, typedCommand, wordsOf } from '../bots/terminal/typedActions.ts';
import { accountOf, listTransactions } from '../db/credits.ts';
import { usageOf } from '../db/creditUse.ts';
import { listRuns, type RunView } from '../db/runs.ts';
import { progressOf } from '../pipeline/progress.ts';
import { exitStatus } from './exit.ts';
import { configure, type Opened, withProgram } from './open.ts';
import { confirmed } from './operator/confirm.ts';
import { print, printError, printJson, stdoutSurface } from './output.ts';
import { ownFlags, refuseRun } from './runs.ts';

type Shown = { isJson: boolean };

export const showHistory = ({ isJson }: Shown): Promise<number> =>
  ask(history, { everyone: true }, async ({ program: { services } }, answer) => {
    if (!isJson) return await showAnswer(services, answer);
    const views = await listRuns(services.db, workspace.id, { limit: 50 });
    printJson({ runs: await Promise.all(views.map((view) => jsonOf(services, view))) });
    return exitStatus.done;
  });

export const showCredits = ({ isJson }: Shown): Promise<number> =>
  ask(credits, {}, async ({ program: { services } }, answer) => {
    if (!isJson) return await showAnswer(services, answer);
    const [account, usage, transactions] = await Promise.all([
      accountOf(services.db, workspace.id),
      usageOf(services.db, workspace.id),
      listTransactions(services.db, workspace.id, { limit: 50 }),
    ]);
    printJson({ workspace: workspace.id, balance: account.balance, held: account.held, usage, transactions });
    return exitStatus.done;
  });

export const showStatus = (reference: string | undefined, { isJson }: Shown): Promise<number> =>
  ask(status, reference === undefined ? {} : { run: reference }, async ({ program: { services } }, answer) => {
    if (!isJson) return await showAnswer(services, answer);
    if (answer.kind === 'refusal') return refuse(answer.refusal, { isJson });
    if (answer.kind !== 'status') throw new Error(`status answered with a ${answer.kind}`);
    printJson(await jsonOf(services, answer.view));
    return exitStatus.done;
  });

/** Shows a result again, or deletes one. Deleting asks for confirmation, because no file comes back. */
export async function showTyped(action: 'show' | 'delete', words: readonly string[], isJson: boolean): Promise<number> {
  const command = typedCommand(action);
  const { args, wishesJson, wishesHelp } = ownFlags(words);
  if (wishesHelp) {
    print(...paintCard(commandCard(command, text), canvasOf(stdoutSurface(), text)));
    return exitStatus.done;
  }
  const json = isJson || wishesJson;
  const parsed = parseArguments(command, args);
  if (parsed.outcome === 'refused') return refuseRun(parsed.refusal, json);
  return await withProgram({ worker: false, logLevel: 'warn' }, async ({ program: { services }, signal }) => {
    const request = createRequest(services, signal);
    const about = await subjectOf(request, action, wordsOf(parsed.given), null);
    if (about.outcome === 'refused') return refuse(about.refusal, { isJson: json });
    const { id, prompt } = about.view.run;
    if (action === 'delete') {
      const question = text.terminal.deleteFor(shortId(id), text.measures.few(prompt));
      if (!(await confirmed(question, saysYes(parsed.given), json))) {
        print(text.terminal.notDeleted);
        return exitStatus.interrupted;
      }
    }
    const answer = await perform(request, command, { run: id });
    if (answer.kind === 'refusal') return refuse(answer.refusal, { isJson: json });
    if (answer.kind === 'status') {
      if (json) printJson({ ...(await jsonOf(services, answer.view)), next: nextOf(answer.card, answer.view) });
      else {
        await showCard(services, answer.card);
        print(...nextLines(answer.card, answer.view, text, 'shell').map((line) => `  ${line}`));
      }
      return exitStatus.done;
    }
    if (!json) return await showAnswer(services, answer);
    printJson({ event: 'deleted' });
    return exitStatus.done;
  });
}

type Stopping = Extract<Answer, { kind: 'stopping' }>;

/** Asks a run to stop and waits, as a worker, until it has stopped. Only then is its cost known. */
export async function cancelRun(reference: string | undefined, asked: Shown & { isYes: boolean }): Promise<number> {
  const config = configure();
  const agreed: { answer?: Stopping } = {};
  // We start no worker yet: it would continue this very run while the person thinks about the cost of stopping.
  const status = await withProgram({ worker: false, logLevel: 'warn', config }, async ({ program, signal }) => {
    const answer = await askToStop(createRequest(program.services, signal), reference, asked);
    if (typeof answer === 'number') return answer;
    agreed.answer = answer;
    if (!asked.isJson) await showCard(program.services, answer.card);
    return exitStatus.done;
  });
  if (!agreed.answer) return status;
  const { runId } = agreed.answer;
  return await withProgram({ worker: true, logLevel: 'warn', config }, async ({ program: { services }, signal }) => {
    const onAway = () => printError(text.terminal.away);
    const view = await follow(services, runId, { onChange: () => {}, onAway, signal });
    if (!view) return exitStatus.interrupted;
    const balance = await balanceAfter(services, view);
    if (asked.isJson) printJson(finalEvent(view, balance, await linksOf(services, objectsOf(view))));
    else {
      const progress = progressOf(view, services.now());
      await showCard(services, runCard(view, progress, text, balance === null ? {} : { balance }));
    }
    return view.run.state === 'canceled' ? exitStatus.done : exitStatus.failed;
  });
}

/**
 * Names the cost of stopping and asks for confirmation. Asks again if the cost rose meanwhile. Returns an exit status if the
 * run should not stop.
 */
async function askToStop(
  request: CommandRequest,
  reference: string | undefined,
  { isJson, isYes }: Shown & { isYes: boolean },
): Promise<Stopping | number> {
  const wish = { ...(reference === undefined ? {} : { run: reference }), ...(isYes ? { yes: true } : {}) };
  let answer = await perform(request, cancel, wish);
  while (answer.kind === 'refusal') {
    const { refusal } = answer;
    if (refusal.reason !== 'stop_costs') return refuse(refusal, { isJson });
    if (isJson) printJson(refusedEvent(refusal, text));
    const { title, text: sentence } = text.refusals.refusal(refusal);
    if (!(await confirmed(`${title} ${sentence}`, false, isJson))) {
      print(text.runs.canceling.keeps.title);
      return exitStatus.interrupted;
    }
    answer = await perform({ ...request, maxCredits: refusal.cost.credits }, cancel, { run: refusal.runId });
  }
  if (answer.kind !== 'stopping') throw new Error(`cancel answered with a ${answer.kind}`);
  return answer;
}

/** Carries a command out as the person at this terminal, and returns the answer. */
async function ask(
  command: Command,
  given: Given,
  answered: (opened: Opened, answer: Answer) => Promise<number>,
): Promise<number> {
  return await withProgram({ worker: false, logLevel: 'warn' }, async (opened) => {
    const request = createRequest(opened.program.services, opened.signal);
    return await answered(opened, await perform(request, command, given));
  });
}

export async function showAnswer(services: Services, answer: Answer): Promise<number> {
  if (answer.kind === 'refusal') return refuse(answer.refusal, { isJson: false });
  if (answer.kind !== 'card' && answer.kind !== 'status') throw new Error(`nothing to show for a ${answer.kind}`);
  await showCard(services, answer.card);
  return exitStatus.done;
}

export async function showCard(services: Services, card: Card): Promise<void> {
  const entries = card.blocks.flatMap((block) => (block.kind === 'entries' ? block.entries : []));
  const media = [...card.media, ...entries.flatMap((entry) => entry.media)];
  const links = await linksOf(
    services,
    media.map(({ objectKey }) => objectKey),
  );
  print(...paintCard(card, canvasOf(stdoutSurface(), text, links)));
}

function refuse(refusal: Refusal, { isJson }: Shown): number {
  if (isJson) printJson(refusedEvent(refusal, text));
  printError(...paintCard(refusalCard(refusal, text), canvasOf({ ...stdoutSurface(), hasColour: false }, text)));
  return exitStatus.failed;
}

const objectsOf = (view: RunView) => view.assets.map(({ objectKey }) => objectKey);

const jsonOf = async (services: Services, view: RunView) =>
  runJson(view, progressOf(view, services.now()), await linksOf(services, objectsOf(view)));
