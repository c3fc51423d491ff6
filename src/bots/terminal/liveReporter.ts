import type { RunView } from '../../db/runs.ts';
import { createSteadyLook, type Look } from '../../pipeline/progress.ts';
import { acceptedWords } from '../acceptedCard.ts';
import type { Card } from '../card.ts';
import { refusalCard } from '../refusalCard.ts';
import { promptsOf, runCard, shortId } from '../runCard.ts';
import type { Services } from '../services.ts';
import type { Text } from '../text.ts';
import { canvasOf, type Surface } from './canvas.ts';
import { wrap } from './columns.ts';
import { nextLines } from './nextSteps.ts';
import { type Canvas, paintCard, paintQuotes, styled } from './paint.ts';
import { leftLine, type Reporter } from './reporter.ts';
import { safeLine } from './safe.ts';
import type { Screen } from './screen.ts';

/** Draws a thread live: settled lines move up for good, and the steps update below them. */
export function createLiveReporter(services: Services, text: Text, surface: Surface, screen: Screen): Reporter {
  const look = createSteadyLook();
  let current: RunView | null = null;
  let isEnhancedShown = false;
  const canvas = (links?: ReadonlyMap<string, string>) => canvasOf(surface, text, links);
  const printCard = (card: Card, on: Canvas) => screen.print(paintCard(card, on));

  screen.draw(() => (current ? paintRun(current, { services, look }, text, canvas()) : []));

  return {
    accepted: ({ started }, typed) => {
      const on = canvas();
      const platform = styled(on, 'dim', text.terminal.from(text.terminal.workspaceName));
      const within = (words: string) => wrap(words, on.columns - 2);
      const asked = within(safeLine(typed)).map((line, index) =>
        styled(on, 'bold', `${index === 0 ? '›' : ' '} ${line}`),
      );
      const price = started ? within(acceptedWords(started, text)).map((line) => `  ${line}`) : [];
      screen.print([platform, ...asked, ...price]);
    },
    changed: (view) => {
      const prompts = promptsOf(view, text);
      if (prompts.length > 1 && !isEnhancedShown) {
        isEnhancedShown = true;
        screen.print(['', ...paintQuotes(prompts, canvas()).map((line) => `  ${line}`), '']);
      }
      current = view.run.deliveredAt ? null : view;
      screen.refresh();
    },
    away: () => screen.print(wrap(text.terminal.away, surface.columns).map((line) => styled(canvas(), 'yellow', line))),
    delivered: (view, { balance, prices, links }) => {
      current = null;
      const on = canvas(links);
      const progress = look(view, services.now());
      const known = { ...(balance === null ? {} : { balance }), ...(prices === null ? {} : { prices }) };
      const card = runCard(view, progress, text, known);
      printCard({ ...card, blocks: card.blocks.filter((block) => block.kind !== 'quotes') }, on);
      const next = prices ? nextLines(card, view, text, 'shell') : [];
      screen.print(next.flatMap((line) => wrap(line, on.columns - 2)).map((line) => styled(on, 'dim', `  ${line}`)));
    },
    waiting: (ids) => screen.print(wrap(text.terminal.waitingFor(ids.map(shortId)), surface.columns)),
    left: (view) => screen.print(wrap(leftLine(view, text), surface.columns)),
    refused: (refusal) => printCard(refusalCard(refusal, text), canvas()),
    close: screen.close,
  };
}

/** The live lines of a run: its title, one line per step, and the expected remaining time. */
function paintRun(
  view: RunView,
  { services, look }: { services: Services; look: Look },
  text: Text,
  canvas: Canvas,
): string[] {
  const card = runCard(view, look(view, services.now()), text);
  return paintCard({ ...card, blocks: card.blocks.filter((block) => block.kind !== 'quotes') }, canvas);
}
