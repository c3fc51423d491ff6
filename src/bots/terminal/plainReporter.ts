import type { RunView } from '../../db/runs.ts';
import { createSteadyLook, type Progress } from '../../pipeline/progress.ts';
import { acceptedWords } from '../acceptedCard.ts';
import { refusalCard } from '../refusalCard.ts';
import { runCard, shortId } from '../runCard.ts';
import type { Services } from '../services.ts';
import type { Text } from '../text.ts';
import { canvasOf, type Surface } from './canvas.ts';
import { nextLines } from './nextSteps.ts';
import { paintCard } from './paint.ts';
import { plainLines } from './plain.ts';
import { leftLine, type Reporter } from './reporter.ts';
import { safeLine } from './safe.ts';

/** Writes one plain line per change, for a pipe, a file or a build log. */
export function createPlainReporter(
  services: Services,
  text: Text,
  surface: Surface,
  write: (...lines: readonly string[]) => void,
): Reporter {
  let before: { view: RunView; progress: Progress } | null = null;
  const steady = createSteadyLook();
  const look = (view: RunView) => ({ view, progress: steady(view, services.now()) });
  return {
    accepted: ({ runId, started }, typed) => {
      write(`${shortId(runId)}  ${safeLine(typed)}`);
      if (started) write(`${shortId(runId)}  ${acceptedWords(started, text)}`);
    },
    changed: (view) => {
      const now = look(view);
      write(...plainLines(before, now, text));
      before = now;
    },
    away: () => write(text.terminal.away),
    delivered: (view, { balance, prices, links }) => {
      const known = { ...(balance === null ? {} : { balance }), ...(prices === null ? {} : { prices }) };
      const card = runCard(view, look(view).progress, text, known);
      const blocks = card.blocks.filter((block) => block.kind === 'text');
      write(...paintCard({ ...card, blocks }, canvasOf(surface, text, links)));
      if (prices) write(...nextLines(card, view, text, 'shell').map((line) => `  ${line}`));
    },
    waiting: (ids) => write(text.terminal.waitingFor(ids.map(shortId))),
    left: (view) => write(leftLine(view, text)),
    refused: (refusal) => write(...paintCard(refusalCard(refusal, text), canvasOf(surface, text))),
    close: async () => {},
  };
}
