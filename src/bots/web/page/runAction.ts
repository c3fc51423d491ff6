import type { Run } from '../contract/run.ts';

export type Action = Run['actions'][number];
/** The actions that ask for words before they start a run. */
export type Asking = 'edit' | 'change' | 'reanimate' | 'lastFrame' | 'ending' | 'remix';
export type Starting = Exclude<Action, 'cancel' | 'delete' | 'show'>;

const asking: readonly string[] = ['edit', 'change', 'reanimate', 'lastFrame', 'ending', 'remix'] satisfies Asking[];
export const isAsking = (action: Action): action is Asking => asking.includes(action);

/** The price of an action. Null: not looked up, or not possible. */
export function priceOf({ prices }: Run, action: Starting): number | null {
  if (action === 'edit') return prices?.again ?? null;
  if (action === 'reanimate') return prices?.animate ?? null;
  return prices?.[action] ?? null;
}

/** The actions that are possible with any run that has them. Without a price, the server names it before anything is charged. */
const always: readonly Starting[] = ['again', 'edit', 'animate'];

/** Whether an action is offered. Once the prices are known, what is not possible is not. */
export const isOffered = (run: Run, action: Starting): boolean =>
  run.actions.includes(action) && (!run.prices || always.includes(action) || priceOf(run, action) !== null);
