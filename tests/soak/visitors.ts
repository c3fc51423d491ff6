import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

export type Visitors = {
  /** Starts a run over the API, follows its events to the end, and reads the list of runs. */
  execute: () => Promise<void>;
  leave: () => Promise<void>;
};

/** How many pages watch the runs of their workspace all the time. */
const pages = 4;

/** In milliseconds. */
const reconnectMs = 1_000;

/** Every so many runs, one page is closed and opened again. */
const runsPerVisit = 20;

const executed = z.object({ workflowId: z.string() });

/** People with the page open, and programs that use the API. Each has a workspace of its own. */
export function createVisitors(address: string, tokens: readonly string[]): Visitors {
  const open = new Map<number, () => Promise<void>>();
  let runs = 0;

  const headersOf = (visitor: number) => ({ authorization: `Bearer ${tokens[visitor % tokens.length]}` });

  /** Reads a stream to its end. */
  async function read(path: string, visitor: number, signal?: AbortSignal): Promise<string> {
    const answer = await fetch(`${address}${path}`, { headers: headersOf(visitor), ...(signal && { signal }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 200)}`);
    return text;
  }

  function watch(visitor: number): void {
    const leaving = new AbortController();
    // Like the page, which connects again for as long as it is open.
    const watching = async () => {
      while (!leaving.signal.aborted) {
        await read('/api/events', visitor, leaving.signal).catch(() => undefined);
        await delay(reconnectMs, undefined, { signal: leaving.signal }).catch(() => undefined);
      }
    };
    const watched = watching();
    open.set(visitor, async () => {
      leaving.abort();
      await watched;
    });
  }

  for (let visitor = 0; visitor < pages; visitor += 1) watch(visitor);
  return {
    execute: async () => {
      const visitor = runs;
      runs += 1;
      const config = { workflowType: 'image-only', initialPrompt: 'a fox in the snow' };
      const answer = await fetch(`${address}/api/workflow/execute`, {
        method: 'POST',
        headers: { ...headersOf(visitor), 'content-type': 'application/json' },
        body: JSON.stringify({ config }),
      });
      if (!answer.ok) throw new Error(`the API answered ${answer.status}: ${await answer.text()}`);
      const { workflowId } = executed.parse(await answer.json());
      await read(`/api/workflow/events/${workflowId}`, visitor);
      await read('/api/workflows', visitor);
      if (runs % runsPerVisit !== 0) return;
      const returning = (runs / runsPerVisit) % pages;
      await open.get(returning)?.();
      watch(returning);
    },
    leave: async () => {
      await Promise.all([...open.values()].map((close) => close()));
    },
  };
}
