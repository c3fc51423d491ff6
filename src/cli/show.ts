import type { Card } from '../bots/card.ts';
import { perform } from '../bots/commands/all.ts';
import { cancel } from '../bots/commands/cancel.ts';
import type { Command } from '../bots/commands/command.ts';
import { credits } from '../bots/commands/credits.ts';
import { history } from '../bots/commands/history.ts';
import type { Given } from '../bots/commands/read.ts';
import type { Refusal } from '../bots/commands/refusal.ts';
import type { Answer } from '../bots/commands/request.ts';
import { status } from '../bots/commands/status.ts';
import { refusalCard } from '../bots/refusalCard.ts';
import { runCard } from '../bots/runCard.ts';
import type { Services } from '../bots/services.ts';
import { canvasOf } from '../bots/terminal/canvas.ts';
import { finalEvent, refusedEvent, runJson } from '../bots/terminal/events.ts';
import { balanceAfter, follow, linksOf } from '../bots/terminal/follow.ts';
import { paintCard } from '../bots/terminal/paint.ts';
import { createRequest, text, workspace } from '../bots/terminal/person.ts';
import { accountOf, listTransactions, usageOf } from '../db/credits.ts';
import { listRuns, type RunView } from '../db/runs.ts';
import { progressOf } from '../pipeline/progress.ts';
import { exitStatus } from './exit.ts';
import { type Opened, withProgram } from './open.ts';
import { print, printError, printJson, stdoutSurface } from './output.ts';

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

/** Asks a run to stop and waits, as a worker, until it has: what it cost is known only then. */
export const cancelRun = (reference: string | undefined, { isJson }: Shown): Promise<number> =>
  ask(
    cancel,
    reference === undefined ? {} : { run: reference },
    async ({ program: { services }, signal }, answer) => {
      if (answer.kind === 'refusal') return refuse(answer.refusal, { isJson });
      if (answer.kind !== 'stopping') throw new Error(`cancel answered with a ${answer.kind}`);
      if (!isJson) await showCard(services, answer.card);
      const onAway = () => printError(text.terminal.away);
      const view = await follow(services, answer.runId, { onChange: () => {}, onAway, signal });
      if (!view) return exitStatus.interrupted;
      const balance = await balanceAfter(services, view);
      if (isJson) printJson(finalEvent(view, balance, await linksOf(services, objectsOf(view))));
      else {
        const progress = progressOf(view, services.providers, services.now());
        await showCard(services, runCard(view, progress, text, balance === null ? {} : { balance }));
      }
      return view.run.state === 'canceled' ? exitStatus.done : exitStatus.failed;
    },
    { worker: true },
  );

/** Carries a command out as the person at this terminal, and hands the answer on. */
async function ask(
  command: Command,
  given: Given,
  answered: (opened: Opened, answer: Answer) => Promise<number>,
  options: { worker: boolean } = { worker: false },
): Promise<number> {
  return await withProgram({ ...options, logLevel: 'warn' }, async (opened) => {
    const request = createRequest(opened.program.services, opened.signal);
    return await answered(opened, await perform(request, command, given));
  });
}

async function showAnswer(services: Services, answer: Answer): Promise<number> {
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
  runJson(view, progressOf(view, services.providers, services.now()), await linksOf(services, objectsOf(view)));
