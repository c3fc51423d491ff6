import { createInterface } from 'node:readline';
import type { RunView } from '../../db/runs.ts';
import { createSteadyLook, type Progress } from '../../pipeline/progress.ts';
import { acceptedWords } from '../acceptedCard.ts';
import { runCard, shortId } from '../runCard.ts';
import type { Services } from '../services.ts';
import { canvasOf, type Surface } from './canvas.ts';
import { unfinishedRuns } from './follow.ts';
import { paintCard } from './paint.ts';
import { text, workspace } from './person.ts';
import { plainLines } from './plain.ts';
import { createSession } from './session.ts';

type Piped = {
  services: Services;
  input: NodeJS.ReadableStream;
  surface: Surface;
  write: (...lines: readonly string[]) => void;
  onFault: (error: unknown) => void;
  signal: AbortSignal;
};

/**
 * Reads commands line by line and answers in plain lines. At the end of the input it waits for every run, and resolves with the
 * number of lines.
 */
export async function runPiped({ services, input, surface, write, onFault, signal }: Piped): Promise<number> {
  const seen = new Map<string, { view: RunView; progress: Progress }>();
  const steady = createSteadyLook();
  const look = (view: RunView) => ({ view, progress: steady(view, services.now()) });
  const session = createSession({
    services,
    onFault,
    signal,
    stage: {
      card: (card, links) => write(...paintCard(card, canvasOf(surface, text, links))),
      accepted: ({ runId, prompt, started }) => {
        const cost = started ? `: ${acceptedWords(started, text)}` : '';
        write(`${shortId(runId)}  ${text.measures.few(prompt)}${cost}`);
      },
      changed: (view) => {
        const now = look(view);
        write(...plainLines(seen.get(view.run.id) ?? null, now, text));
        seen.set(view.run.id, now);
      },
      delivered: (view, { balance, links }) => {
        seen.delete(view.run.id);
        const card = runCard(view, look(view).progress, text, balance === null ? {} : { balance });
        const blocks = card.blocks.filter((block) => block.kind === 'text');
        const titled = { ...card, title: `${shortId(view.run.id)}  ${card.title}`, blocks };
        write(...paintCard(titled, canvasOf(surface, text, links)));
      },
      line: (line) => write(line),
      next: (lines) => write(...lines.map((line) => `  ${line}`)),
      form: null,
      confirm: null,
    },
  });
  const resumed = await unfinishedRuns(services, workspace.id);
  if (resumed.length > 0) write(text.terminal.resuming(resumed.map(({ run }) => shortId(run.id))));
  await session.resume();

  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  signal.addEventListener('abort', () => lines.close());
  let count = 0;
  for await (const line of lines) {
    count += 1;
    if (await session.enter(line)) break;
  }
  lines.close();
  await session.finished();
  return count;
}
