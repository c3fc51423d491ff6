import type { RunView } from '../../db/runs.ts';
import { createSteadyLook } from '../../pipeline/progress.ts';
import { stopCost } from '../../pipeline/stateMachine.ts';
import { runCard } from '../runCard.ts';
import type { Services } from '../services.ts';
import type { Text } from '../text.ts';
import { acceptedEvent, changeEvents, finalEvent, type JsonEvent, nextOf, refusedEvent } from './events.ts';
import type { Reporter } from './reporter.ts';

/** Writes one JSON object per event, and nothing else. The outcome of the run comes last, even if other runs were waited for. */
export function createJsonReporter(services: Services, text: Text, write: (line: string) => void): Reporter {
  const tell = (event: JsonEvent) => write(JSON.stringify(event));
  const look = createSteadyLook();
  let before: RunView | null = null;
  let outcome: JsonEvent | null = null;
  return {
    accepted: (run) => tell(acceptedEvent(run)),
    changed: (view) => {
      for (const event of changeEvents(before, view, look(view, services.now()))) tell(event);
      before = view;
    },
    away: () => tell({ event: 'database_away' }),
    delivered: (view, { balance, prices, links }) => {
      const next = prices ? nextOf(runCard(view, look(view, services.now()), text, { prices }), view) : [];
      outcome = { ...finalEvent(view, balance, links), next };
    },
    waiting: (runIds) => tell({ event: 'waiting', runIds }),
    left: ({ run, ...view }) => {
      const { credits, back } = stopCost({ run, ...view });
      outcome = { event: 'unfinished', runId: run.id, stopping: { credits, back } };
    },
    refused: (refusal) => {
      outcome = refusedEvent(refusal, text);
    },
    close: async () => {
      if (outcome) tell(outcome);
      outcome = null;
    },
  };
}
