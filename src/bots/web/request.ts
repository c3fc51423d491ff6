import { createHash, randomUUID } from 'node:crypto';
import type { QueuePosition } from '../../db/queuePosition.ts';
import { loadRun, type RunView } from '../../db/runs.ts';
import { type RunId, runId } from '../../domain.ts';
import { listable, maySee } from '../actions/permission.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { type Text, textOf } from '../text.ts';
import type { Caller } from './authenticate.ts';
import type { WebDeps } from './deps.ts';
import { queueOf } from './present.ts';
import { type Problem, problem, refusalProblem } from './problem.ts';
import type { EventStream } from './sse.ts';

/** A hash of the request, which tells a repetition from another request with the same key. */
const fingerprintOf = (wish: unknown): string => createHash('sha256').update(JSON.stringify(wish)).digest('hex');

/** Turns a web command into a request. It posts no messages, and repeating it with the same key makes one run. */
export function requestOf(
  { services }: WebDeps,
  caller: Caller,
  signal: AbortSignal,
  asked: {
    idempotencyKey?: string | undefined;
    wish?: unknown;
    /** The images of the request, by the names of their fields. */
    images?: ReadonlyMap<string, Uint8Array>;
    maxCredits?: number | undefined;
  } = {},
): CommandRequest {
  const { workspace, member, channelIds, locale } = caller;
  const key = asked.idempotencyKey ?? randomUUID();
  // The key includes the workspace and the caller, so that nobody can guess another member's run.
  const requestKey = createHash('sha256')
    .update(JSON.stringify([workspace.id, member.id, key]))
    .digest('hex');
  return {
    services,
    workspace,
    member,
    locale,
    signal,
    platform: 'web',
    requestKey: `web:${requestKey}`,
    channelIds,
    conversation: { fingerprint: fingerprintOf(asked.wish ?? null) },
    openImage: async (reference) => asked.images?.get(reference) ?? null,
    ...(asked.maxCredits === undefined ? {} : { maxCredits: asked.maxCredits }),
  };
}

export type Launched =
  | { outcome: 'launched'; view: RunView; balance: number | null; queue: QueuePosition | null }
  | { outcome: 'refused'; problem: Problem };

/**
 * Loads the run that a command started. Refuses a key that came with another request before. A second press of a button has a key of
 * its own, and gets the run of the first one.
 */
export async function launched(caller: Caller, request: CommandRequest, answer: Answer): Promise<Launched> {
  const text = textOf(request.locale);
  if (answer.kind === 'refusal') return { outcome: 'refused', problem: refusalFor(caller, answer.refusal, text) };
  if (answer.kind !== 'run') throw new Error(`a run was asked for, and the answer is a ${answer.kind}`);
  const { started } = answer;
  const view = await loadRun(request.services.db, answer.runId);
  if (!view) throw new Error(`run ${answer.runId} was started and is not there`);
  const isOtherKey = view.run.requestKey !== request.requestKey;
  const same = isOtherKey || JSON.stringify(view.run.conversation) === JSON.stringify(request.conversation);
  if (!started && !same) return { outcome: 'refused', problem: problem('key_reused', text) };
  const queue = started && view.run.state === 'queued' ? started.queue : await queueOf(request.services, view);
  return { outcome: 'launched', view, balance: started?.balance ?? null, queue };
}

/** Says why a command was refused, in words for a caller over HTTP. */
export function refusalFor({ by }: Caller, refusal: Refusal, text: Text): Problem {
  const it = refusalProblem(refusal, text);
  return refusal.reason === 'elsewhere' ? { ...it, ...text.web.elsewhere[by === 'token' ? 'token' : 'page'] } : it;
}

/** Loads a run that the caller may see. Any other run looks as if it did not exist. */
export async function findSeen(deps: WebDeps, caller: Caller, id: string): Promise<RunView | null> {
  const view = await loadRun(deps.services.db, runId.parse(id));
  return view && maySee(view.run, caller) ? view : null;
}

/** Streams what `produce` yields to the caller, or refuses. */
export function streamed(
  deps: WebDeps,
  { workspace, member }: Caller,
  text: Text,
  ...[isWelcome, produce]: [() => Promise<boolean>, (stream: EventStream) => Promise<void>]
): Response | { refused: Problem } {
  const stream = deps.streams.open(`${workspace.id}/${member.id}`, isWelcome, produce);
  return stream ?? { refused: problem('too_many_streams', text, { headers: { 'retry-after': '10' } }) };
}

export const noSuchRun = (text: Text): { refused: Problem } => ({ refused: problem('not_found', text) });

/** Returns the member whose runs a list holds: the wished one, as far as the caller may see their runs. */
export const whose = ({ member }: Caller, wished?: string): string | undefined =>
  listable(member) ?? (wished === 'me' ? member.id : wished);

export const idOf = (id: string): RunId => runId.parse(id);
