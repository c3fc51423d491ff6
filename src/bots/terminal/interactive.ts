import { castNames } from '../../db/cast.ts';
import { accountOf } from '../../db/credits.ts';
import type { RunView } from '../../db/runs.ts';
import { listRuns } from '../../db/runs.ts';
import { ensureWorkspace, workspaceSettings } from '../../db/workspaces.ts';
import type { Chooser } from '../../pipeline/modelList.ts';
import { createSteadyLook, type Look } from '../../pipeline/progress.ts';
import { acceptedWords } from '../acceptedCard.ts';
import { commands } from '../commands/all.ts';
import type { Command } from '../commands/command.ts';
import { choiceIn, chooserOf, listModels } from '../commands/modelChoices.ts';
import { offerFor } from '../commands/offered.ts';
import type { Given } from '../commands/read.ts';
import { runCard, shortId } from '../runCard.ts';
import type { Services } from '../services.ts';
import { canvasOf, type Surface } from './canvas.ts';
import { cut, wrap } from './columns.ts';
import { imagesBeginning } from './files.ts';
import { unfinishedRuns } from './follow.ts';
import { askForm, askWhether } from './formPrompts.ts';
import { visibleLine } from './lineEditor.ts';
import { openScreen } from './openScreen.ts';
import { paintCard, paintSteps, styled } from './paint.ts';
import { text, workspace } from './person.ts';
import { safeLine } from './safe.ts';
import type { Screen, Size } from './screen.ts';
import { createSession, type Session } from './session.ts';
import { typedCommands } from './typedActions.ts';
import { createTyping, singleKeys, type Typing } from './typing.ts';

type Interactive = { services: Services; surface: Surface; onFault: (error: unknown) => void; signal: AbortSignal };

/** An interactive terminal: you type commands below, and the runs that they started update above. Resolves when the person leaves. */
export async function runInteractive({ services, surface, onFault, signal }: Interactive): Promise<void> {
  const left = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => left.resolve());
  const recent = new Set<string>();
  let chooser: Chooser = { brought: new Set(), settings: workspaceSettings.parse({}) };
  let cast: readonly string[] = [];
  const lookAround = async () => {
    chooser = await chooserOf(services, workspace.id);
    cast = await castNames(services.db, workspace.id);
  };
  const offer = (command: Command, given: Given) =>
    offerFor(command, services.providers, chooser.brought, choiceIn(chooser, given));
  const models = (command: Command, given: Given, typed: string) =>
    listModels(services, { command, chooser, given, typed, max: maxModels }, text).models;
  const known = [...commands, ...typedCommands.map(({ command }) => command)];
  const typing = createTyping(() => ({
    commands: known,
    offer,
    models,
    extras: ['exit'],
    runs: [...recent],
    cast,
    files: imagesBeginning,
  }));
  const canvas = (links?: ReadonlyMap<string, string>) => canvasOf(surface, text, links);

  // Commands run one after the other, in the order of typing, because the next may concern the run that the one before started.
  let entered: Promise<void> = Promise.resolve();
  const enter = () => {
    const typed = typing.take();
    if (typed.trim() === '') return;
    entered = entered.then(async () => {
      screen.print(['', styled(canvas(), 'bold', `› ${cut(safeLine(typed), surface.columns - 2)}`)]);
      if (await session.enter(typed)) left.resolve();
      else await lookAround().catch(onFault);
    });
  };
  const screen = await openScreen({
    stdout: process.stdout,
    input: {
      line: ({ columns }) => typedLine(typing, columns),
      onKey: (typed, key) => {
        for (const single of singleKeys(typed, key)) {
          const wish = typing.key(single.typed, single.key);
          if (wish === 'leave') left.resolve();
          else if (wish === 'enter') enter();
        }
        screen.refresh();
      },
      onPaste: (pasted) => {
        typing.paste(pasted);
        screen.refresh();
      },
    },
  });
  const look = createSteadyLook();
  const session = createSession({
    services,
    onFault,
    signal,
    stage: {
      card: (card, links) => screen.print(paintCard(card, canvas(links))),
      accepted: ({ runId, started }) => {
        recent.add(shortId(runId));
        if (started) {
          const price = acceptedWords(started, text);
          screen.print([styled(canvas(), 'dim', `  ${shortId(runId)}  ${price}`)]);
        }
      },
      changed: () => screen.refresh(),
      delivered: (view, { balance, links }) => {
        const progress = look(view, services.now());
        screen.print([
          '',
          ...paintCard(runCard(view, progress, text, balance === null ? {} : { balance }), canvas(links)),
        ]);
      },
      line: (line) => screen.print([line]),
      next: (lines) =>
        screen.print(
          lines.flatMap((line) => wrap(line, surface.columns - 2)).map((line) => styled(canvas(), 'dim', `  ${line}`)),
        ),
      form: (form) => screen.lend(() => askForm(form, signal)),
      confirm: (question) => screen.lend(() => askWhether(question, signal)),
    },
  });
  try {
    screen.draw((size) => [
      ...liveLines(session, { services, look }, canvas(), size),
      ...hint(typing, canvas().columns),
    ]);
    await lookAround();
    await welcome({ services, surface, screen, session, recent });
    await left.promise;
  } finally {
    const going = session.running().length;
    screen.print([text.terminal.leaving, ...(going > 0 ? [text.terminal.unfinished(going)] : [])]);
    await screen.close();
  }
}

type Opened = { services: Services; surface: Surface; screen: Screen; session: Session; recent: Set<string> };

async function welcome({ services, surface, screen, session, recent }: Opened): Promise<void> {
  const { terminal } = text;
  await ensureWorkspace(services.db, workspace, services.freeCredits);
  const [{ balance }, latest, unfinished] = await Promise.all([
    accountOf(services.db, workspace.id),
    listRuns(services.db, workspace.id, { limit: 20 }),
    unfinishedRuns(services, workspace.id),
  ]);
  for (const { run } of latest) recent.add(shortId(run.id));
  const resuming = unfinished.length > 0 ? [terminal.resuming(unfinished.map(({ run }) => shortId(run.id)))] : [];
  const lines = [terminal.welcome.balance(balance), terminal.welcome.how, ...resuming];
  screen.print([terminal.welcome.title, ...lines.flatMap((line) => wrap(line, surface.columns))]);
  await session.resume();
}

const promptMark = '› ';

function typedLine(typing: Typing, columns: number): { text: string; cursorAt: number } {
  const { text: shown, cursorAt } = visibleLine(typing.line(), columns - promptMark.length - 1);
  return { text: promptMark + shown, cursorAt: promptMark.length + cursorAt };
}

/** How many models one press of Tab lists. */
const maxModels = 12;

/** The candidates side by side, or below each other if there is something to say about them. */
function hint(typing: Typing, columns: number): string[] {
  const candidates = typing.candidates();
  const notes = typing.notes();
  if (notes.size > 0) return candidates.map((one) => cut(`${one}  ${notes.get(one) ?? ''}`, columns - 1));
  return candidates.length === 0 ? [] : [cut(candidates.join('  '), columns - 1)];
}

type Looking = { services: Services; look: Look };

/** Every active run with its steps, if there is room for all. Otherwise one line each, and only as many as fit. */
function liveLines(session: Session, looking: Looking, canvas: ReturnType<typeof canvasOf>, size: Size): string[] {
  const runs = session.running();
  if (runs.length === 0) return [];
  const full = runs.flatMap((view) => ['', head(view, looking, canvas), ...steps(view, looking, canvas)]);
  if (full.length < size.rows - 2) return [...full, ''];
  const short = runs.map((view) => head(view, looking, canvas));
  const room = Math.max(1, size.rows - 4);
  if (short.length <= room) return ['', ...short, ''];
  return ['', ...short.slice(0, room - 1), text.terminal.more(short.length - room + 1), ''];
}

function head(view: RunView, { services, look }: Looking, canvas: ReturnType<typeof canvasOf>): string {
  const { percent, remainingMs } = look(view, services.now());
  const { states, percentAndRest } = text.runs;
  const state = view.run.state === 'running' ? percentAndRest(percent, remainingMs) : states[view.run.state];
  const tail = `  ${state}`;
  const title = cut(`${shortId(view.run.id)}  ${safeLine(view.run.prompt)}`, canvas.columns - tail.length - 1);
  return styled(canvas, 'bold', title) + styled(canvas, 'cyan', tail);
}

function steps(view: RunView, { services, look }: Looking, canvas: ReturnType<typeof canvasOf>): string[] {
  const card = runCard(view, look(view, services.now()), text);
  const lines = card.blocks.flatMap((block) => (block.kind === 'progress' ? block.steps : []));
  return paintSteps(lines, { ...canvas, columns: canvas.columns - 3 }).map((line) => `  ${line}`);
}
