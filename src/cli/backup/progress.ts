import type { Step } from '../../backup/take.ts';
import { text } from '../../bots/terminal/person.ts';

const { progress: words } = text.operations.backups;

/** In milliseconds. How often the line of a terminal is drawn, and how often a log gets a line. */
const drawEveryMs = 100;
const logEveryMs = 10_000;
const barWidth = 24;

type Screen = { isTTY?: boolean; columns?: number; write: (text: string) => unknown };

/** Tells on standard error how far the work is: one line that is drawn over in a terminal, else a line now and then. */
export function createProgress(stream: Screen): { onStep: (step: Step) => void; end: () => void } {
  const isLive = stream.isTTY && process.env.TERM !== 'dumb';
  let told = { phase: '', at: 0 };
  let width = 0;
  const clear = () => {
    if (width > 0) stream.write(`\r${' '.repeat(width)}\r`);
    width = 0;
  };
  const onStep = (step: Step) => {
    const now = Date.now();
    const isDue = now - told.at >= (isLive ? drawEveryMs : logEveryMs);
    if (step.phase === told.phase && !isDue && step.done < step.of) return;
    told = { phase: step.phase, at: now };
    const line = lineOf(step);
    if (!isLive) {
      stream.write(`${line}\n`);
      return;
    }
    const drawn = `${barOf(step)} ${line}`.slice(0, Math.max(20, (stream.columns || 80) - 1));
    stream.write(`\r${drawn.padEnd(width)}`);
    width = drawn.length;
  };
  return { onStep, end: clear };
}

function lineOf({ phase, item, done, of, bytes }: Step): string {
  return phase === 'database' ? words.database(item, done, of, bytes) : words.media(done, of, bytes);
}

function barOf({ done, of }: Step): string {
  const filled = of === 0 ? barWidth : Math.round((barWidth * Math.min(done, of)) / of);
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`;
}
