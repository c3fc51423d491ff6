import type { Run, Step } from '../../../db/runs.ts';
import { few } from './measures.ts';
import { usd } from './prices.ts';

/** Texts of the command line for the operator, about runs, credits and workspaces. */

const short = (id: string) => id.slice(0, 8);
const at = (date: Date) => date.toISOString().replace('T', ' ').slice(0, 19);

export const describe = {
  runs: 'look at runs of all workspaces, and mend what is stuck',
  runsList: 'list the newest runs',
  runsShow: 'show a run with its steps, providers and failures',
  runsRetry:
    'start a failed run anew: a new run, charged like any other, once however often this is repeated (to make it free, grant credits)',
  runsFail: 'end a run that does not end by itself: what was delivered is paid, the rest goes back',
  adjust: 'add credits to a workspace, or take some away (write -- before a negative amount)',
  export: 'write the ledger to stdout as CSV',
  workspaces: 'look at workspaces, and forget one',
  workspacesList: 'list all workspaces with what they have',
  workspacesPurge:
    'delete all media, keys, prompts and names of a workspace, and let nobody in on its behalf; its ledger stays, and names nobody',
};
export const options = {
  run: 'a run, or the first characters of its id (at least four)',
  state: 'only runs in this state',
  limit: 'how many at most (50)',
  stuck:
    'only runs that were started and have been due for more than a minute, or whose turns come to nothing again and again',
  yes: 'do not ask',
  ofWorkspace: 'only of this workspace',
};

export const needsYes = (question: string): string => `${question} Nobody can be asked here: add --yes to do it.`;
export const badNumber = (name: string, given: string, min: number, max: number): string =>
  `"${given}" cannot be ${name}: a whole number from ${min} to ${max} can, other than 0.`;
export const badState = (given: string, states: readonly string[]): string =>
  `"${given}" is no state of a run: ${states.join(', ')} are.`;
export const amount = 'an amount';

export const noRuns = 'There are no such runs.';
export const olderRuns = (newest: number): string =>
  `Only the newest ${newest} runs were looked at. Older ones may be in this state, too.`;
export const noRun = (given: string): string => `There is no run that begins with "${given}".`;
export const ambiguousRun = (given: string): string => `Several runs begin with "${given}": give more of the id.`;
type Listed = Pick<
  Run,
  'id' | 'workspaceId' | 'workflow' | 'state' | 'priceCredits' | 'failure' | 'createdAt' | 'prompt'
>;
export const runColumns = ['run', 'started (UTC)', 'state', 'workflow', 'credits', 'workspace', 'member', 'prompt'];
export const runRow = (run: Listed & { member: string }): string[] => [
  short(run.id),
  at(run.createdAt),
  run.state,
  run.workflow,
  String(run.priceCredits),
  run.workspaceId,
  run.member,
  few(run.prompt, 48) + (run.failure ? ` (${run.failure.kind}: ${run.failure.detail})` : ''),
];
export const runFacts = (run: Run): string =>
  `${run.id} of ${run.workspaceId}: dispatched ${run.dispatch} times, ${run.failedAttempts} failed attempts in a row, ${
    run.dueAt === null ? 'nothing left to do' : `due ${at(run.dueAt)}`
  }.`;
export const stepLine = (step: Step): string =>
  `  ${step.kind}: ${step.state}, ${step.provider} ${step.model}, sent ${step.submits} times${
    step.failure ? `, ${step.failure.kind}: ${step.failure.detail}` : ''
  }${step.costMicroUsd === null ? '' : `, ${cost(step.costMicroUsd, step.isCostEstimate)}`}`;
const cost = (microUsd: number, isEstimate: boolean): string =>
  isEstimate ? `cost about ${usd(microUsd)} (an estimate: the published price)` : `cost ${usd(microUsd)}`;

export const notFailed = (id: string, state: string): string =>
  `Run ${short(id)} ${state === 'succeeded' ? 'succeeded' : 'is not over'}: only a failed or canceled one is retried.`;
export const wasDeleted = (id: string): string => `Run ${short(id)} was deleted: there is nothing to start anew.`;
export const confirmRetry = (id: string, price: number, workspace: string): string =>
  `Start run ${short(id)} anew, for about ${price} credits of ${workspace}?`;
export const retried = (old: string, id: string): string => `Run ${short(old)} was started anew as ${id}.`;
export const retriedBefore = (old: string, id: string): string =>
  `Run ${short(old)} was started anew before, as ${id}; nothing was charged again.`;
export const isOver = (id: string, state: string): string =>
  `Run ${short(id)} is over (${state}): what is settled stays settled.`;
export const confirmFail = (id: string, isAtWork: boolean): string =>
  `End run ${short(id)} and give back what was not delivered?${isAtWork ? ' A worker is at it right now: what it is paying a provider for will be lost.' : ''}`;
export const failed = (id: string): string => `Run ${short(id)} was ended; a worker will tell its member.`;

export const confirmAdjust = (credits: number, id: string): string => `Take ${credits} credits away from ${id}?`;
export const adjustNote = (name: string): string => `adjusted by ${name}`;
export const tooPoor = (id: string, balance: number, wanted: number): string =>
  `${id} has ${balance} credits, so ${wanted} cannot be taken away. What runs hold is not counted.`;
export const adjusted = (credits: number, id: string, balance: number): string =>
  `${id} was adjusted by ${credits} and has ${balance} now.`;

type Workspace = { id: string; name: string; balance: number; held: number; lastRunAt: Date | null; keys: number };
export const workspaceLine = ({ id, name, balance, held, lastRunAt, keys }: Workspace): string => {
  const lastRun = lastRunAt ? `last run ${lastRunAt.toISOString().slice(0, 10)}` : 'no run';
  return `${id}  ${name || '(purged)'}  ${balance} credits, ${held} held, ${lastRun}, ${keys} keys`;
};
export const unfinished = (id: string, runs: number): string =>
  `${id} has ${runs} ${runs === 1 ? 'run that is' : 'runs that are'} not over: cancel or fail ${runs === 1 ? 'it' : 'them'} first (vidgenie runs list --workspace ${id}).`;
export const confirmPurge = (id: string): string =>
  `Delete all media, keys, prompts and names of ${id}, with its API tokens, links and sessions? There is no way back.`;
export const purged = (id: string, runs: number, objects: number): string =>
  `${id} is purged: ${runs} runs say nothing any more, ${objects} files are deleted, its keys are gone, its API tokens, links and sessions open nothing. The ledger and the record of key use stay.`;
