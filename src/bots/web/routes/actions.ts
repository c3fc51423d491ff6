import type { Context } from 'hono';
import type { RunView } from '../../../db/runs.ts';
import { ensureWorkspace } from '../../../db/workspaces.ts';
import { extendBy, performAction, submitWords } from '../../actions/perform.ts';
import type { AskingAction, DirectAction } from '../../card.ts';
import type { Answer, CommandRequest } from '../../commands/request.ts';
import type { Text } from '../../text.ts';
import type { Caller } from '../authenticate.ts';
import { agreed, idParams } from '../contract/fields.ts';
import { againBody, choiceBody, extendBody, started, wordsBody } from '../contract/runActions.ts';
import type { WebDeps } from '../deps.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';
import { presentRun } from '../present.ts';
import { findSeen, idOf, launched, noSuchRun, requestOf } from '../request.ts';

/** The endpoints of the buttons that start a run from another one. */

type Call = {
  deps: WebDeps;
  caller: Caller;
  text: Text;
  context: Context;
  signal: AbortSignal;
  params: { id: string };
  query: { maxCredits?: number | undefined };
};

/** Starts a run, and answers with it. `wish` tells a repetition from another request with the same idempotency key. */
async function start(
  { deps, caller, text, context, signal, params, query }: Call,
  wish: readonly unknown[],
  act: (request: CommandRequest, view: RunView) => Promise<Answer>,
) {
  const view = await findSeen(deps, caller, params.id);
  if (!view) return noSuchRun(text);
  const idempotencyKey = context.req.header('idempotency-key');
  const request = requestOf(deps, caller, signal, { idempotencyKey, wish, ...query });
  await ensureWorkspace(deps.services.db, caller.workspace, deps.services.freeCredits);
  const now = await launched(caller, request, await act(request, view));
  if (now.outcome === 'refused') return { refused: now.problem };
  const run = presentRun(deps, now.view, caller, { queuePosition: now.queue });
  return { status: 202 as const, body: { success: true as const, run, balance: now.balance } };
}

const starting = {
  method: 'post',
  access: 'member',
  pace: 'start',
  answers: { 202: started },
  refuses: [402, 404, 409, 410, 422, 503],
} as const;

async function direct(request: CommandRequest, action: DirectAction, id: string, step: number | null): Promise<Answer> {
  const answer = await performAction(request, action, { id: idOf(id), step });
  if (answer.kind === 'deleted' || answer.kind === 'ask') throw new Error(`${action} starts a run`);
  return answer;
}

const again = endpoint({
  ...starting,
  path: '/api/workflows/{id}/again',
  summary: 'Start a run like this one, with other words where some are given',
  given: { ...nothing, params: idParams, query: agreed, body: againBody },
  answer: async (call) => {
    const { params, body } = call;
    const { prompt } = body;
    return await start(call, ['again', params.id, body], (request) =>
      prompt === undefined
        ? direct(request, 'again', params.id, null)
        : submitWords(request, 'edit', { id: idOf(params.id), step: null }, prompt),
    );
  },
});

const goOn = endpoint({
  ...starting,
  path: '/api/workflows/{id}/continue',
  summary: 'Make the rest of an unfinished run; what is done is taken over at no price',
  given: { ...nothing, params: idParams, query: agreed },
  answer: async (call) =>
    await start(call, ['continue', call.params.id], (request) => direct(request, 'continue', call.params.id, null)),
});

const extend = endpoint({
  ...starting,
  path: '/api/workflows/{id}/extend',
  summary: 'Make the film of this run longer',
  given: { ...nothing, params: idParams, query: agreed, body: extendBody },
  answer: async (call) => {
    const { params, body } = call;
    return await start(call, ['extend', params.id, body], (request, view) =>
      extendBy(request, view, body.seconds ?? null),
    );
  },
});

/** The endpoint of a button on one image of a run. A second press within a minute starts nothing new, unless the first failed. */
const ofImage = (action: 'animate' | 'vary' | 'better', summary: string) =>
  endpoint({
    ...starting,
    path: `/api/workflows/{id}/${action}`,
    summary,
    given: { ...nothing, params: idParams, query: agreed, body: choiceBody },
    answer: async (call) => {
      const { params, body = {} } = call;
      return await start(call, [action, params.id, body], (request) =>
        direct(request, action, params.id, body.step ?? null),
      );
    },
  });

/** The endpoint of a button that asks for words. */
const withWords = (action: Exclude<AskingAction, 'edit'>, path: string, summary: string) =>
  endpoint({
    ...starting,
    path: `/api/workflows/{id}/${path}`,
    summary,
    given: { ...nothing, params: idParams, query: agreed, body: wordsBody },
    answer: async (call) => {
      const { params, body } = call;
      const subject = { id: idOf(params.id), step: body.step ?? null };
      return await start(call, [action, params.id, body], (request) =>
        submitWords(request, action, subject, body.prompt),
      );
    },
  });

export const actionEndpoints: readonly Endpoint[] = [
  again,
  goOn,
  ofImage('animate', 'Make a video of an image that this run made. Twice within a minute is once'),
  ofImage('vary', 'Make other versions of an image of this run. Twice within a minute is once'),
  ofImage('better', 'Make an image of this run again in high quality. Twice within a minute is once'),
  withWords('change', 'change', 'Change an image of this run as the words say'),
  withWords('reanimate', 'reanimate', 'Make a video of the same image with another motion'),
  withWords('remix', 'remix', 'Make something new that follows an image of this run'),
  withWords('lastFrame', 'last-frame', 'Make a video that begins with the last frame of this one'),
  withWords('ending', 'ending', 'Make the video of this run again with another ending'),
  extend,
];
