import type { RunView } from '../../db/runs.ts';
import type { Progress } from '../../pipeline/progress.ts';
import { ownKeys, shortId } from '../runCard.ts';
import { stepLines } from '../stepLines.ts';
import type { Text } from '../text.ts';
import { safeLine } from './safe.ts';

/** A step must advance this far to get another line. Percent. */
const worthALine = 25;

type Seen = { view: RunView; progress: Progress };

/** The changes between two views of a run, one plain line each, for output that we cannot draw over. */
export function plainLines(before: Seen | null, now: Seen, text: Text): string[] {
  const previous = before ? stepLines(before.view, before.progress, text) : [];
  const name = shortId(now.view.run.id);
  const first = before ? [] : ownKeys(now.view, text).map((line) => `${name}  ${line}`);
  const changes = stepLines(now.view, now.progress, text).flatMap((line, at) => {
    const old = previous[at] ?? { state: 'waiting', percent: 0 };
    const further = Math.floor(line.percent / worthALine) > Math.floor(old.percent / worthALine);
    const isNew = line.state !== old.state || (line.state === 'working' && further);
    if (!isNew || line.state === 'skipped') return [];
    const step = now.view.steps[at];
    const enhanced = line.state === 'done' && step?.inputs.length === 0 ? step.enhanced : null;
    return [
      `${name}  ${line.label}: ${text.runs.stepWords[line.state]} (${line.note})`,
      ...(enhanced ? [`${name}  ${text.runs.prompt.enhanced}: ${safeLine(enhanced.image)}`] : []),
    ];
  });
  return [...first, ...changes];
}
