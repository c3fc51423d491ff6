import { accountOf } from '../../../db/credits.ts';
import { familyOf } from '../../../db/family.ts';
import { membersOf, searchRuns } from '../../../db/runSearch.ts';
import { loadRuns, type RunView } from '../../../db/runs.ts';
import type { RunId } from '../../../domain.ts';
import { createSteadyLook } from '../../../pipeline/progress.ts';
import { nextPrices } from '../../../pipeline/quote.ts';
import { performAction } from '../../actions/perform.ts';
import { maySee } from '../../actions/permission.ts';
import { admit } from '../authenticate.ts';
import { idParams } from '../contract/fields.ts';
import { change, run, runPage, runQuery, versions } from '../contract/run.ts';
import { deleted } from '../contract/runActions.ts';
import { members } from '../contract/session.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';
import { presentRun, presentVersions, queueOf } from '../present.ts';
import { refusalProblem } from '../problem.ts';
import { findSeen, idOf, noSuchRun, requestOf, streamed, whose } from '../request.ts';

const list = endpoint({
  method: 'get',
  path: '/api/workflows',
  access: 'member',
  summary: "The runs of the workspace, newest first. A member's list holds their own; an admin's, everybody's.",
  given: { ...nothing, query: runQuery },
  answers: { 200: runPage },
  answer: async ({ deps, caller, query }) => {
    const { limit, cursor, search, kind, state } = query;
    const states = state === undefined ? undefined : state === 'active' ? active : [state];
    const { runs, next } = await searchRuns(deps.services.db, caller.workspace.id, {
      limit,
      states,
      made: kind,
      words: search,
      memberId: whose(caller, query.member),
      after: cursor === undefined ? undefined : idOf(cursor),
    });
    return { status: 200, body: { runs: runs.map((view) => presentRun(deps, view, caller)), nextCursor: next } };
  },
});

const active = ['queued', 'running'] as const;

const show = endpoint({
  method: 'get',
  path: '/api/workflows/{id}',
  access: 'member',
  summary: 'A run with everything about it',
  given: { ...nothing, params: idParams },
  answers: { 200: run },
  refuses: [404],
  answer: async ({ deps, caller, text, params }) => {
    const view = await findSeen(deps, caller, params.id);
    if (!view) return noSuchRun(text);
    const queuePosition = await queueOf(deps.services, view);
    const prices = view.run.settledAt ? await nextPrices(deps.services, view) : null;
    return { status: 200, body: presentRun(deps, view, caller, { queuePosition, prices }) };
  },
});

const family = endpoint({
  method: 'get',
  path: '/api/workflows/{id}/versions',
  access: 'member',
  summary: 'The versions of what a run made: the runs of which it was made, and those that were made of it',
  given: { ...nothing, params: idParams },
  answers: { 200: versions },
  refuses: [404],
  answer: async ({ deps, caller, text, params }) => {
    const view = await findSeen(deps, caller, params.id);
    if (!view) return noSuchRun(text);
    const { db } = deps.services;
    const workspaceId = caller.workspace.id;
    const ids = await familyOf(db, { id: view.run.id, workspaceId, memberId: whose(caller) });
    return { status: 200, body: { versions: presentVersions(deps, await loadRuns(db, ids)) } };
  },
});

const remove = endpoint({
  method: 'delete',
  path: '/api/workflows/{id}',
  access: 'member',
  summary: 'Delete for good what a run made',
  given: { ...nothing, params: idParams },
  answers: { 200: deleted },
  refuses: [403, 404, 409],
  answer: async ({ deps, caller, text, signal, params }) => {
    if (!(await findSeen(deps, caller, params.id))) return noSuchRun(text);
    const answer = await performAction(requestOf(deps, caller, signal), 'delete', {
      id: idOf(params.id),
      step: null,
    });
    if (answer.kind === 'refusal') return { refused: refusalProblem(answer.refusal, text) };
    if (answer.kind !== 'deleted') throw new Error('delete deletes');
    return { status: 200, body: { success: true, detail: text.runs.deleted.done } };
  },
});

const everybody = endpoint({
  method: 'get',
  path: '/api/members',
  access: 'admin',
  summary: 'Whose runs there are',
  given: nothing,
  answers: { 200: members },
  answer: async ({ deps, caller }) => ({
    status: 200,
    body: { members: await membersOf(deps.services.db, caller.workspace.id) },
  }),
});

/** A new connection gets this many of the latest runs. They include what changed while a connection was lost. */
const latest = 24;

/** The runs that a connection remembers, so that it sends nothing twice: more than a refresh reads. */
const maxShown = 500;

const events = endpoint({
  method: 'get',
  path: '/api/events',
  access: 'member',
  summary: 'The runs of the workspace as they change (event: run), and its credits (event: credits)',
  given: nothing,
  answers: { 200: change },
  stream: 'text/event-stream',
  answer: async ({ deps, caller, text, context }) => {
    const { db, changes } = deps.services;
    const { id: workspaceId } = caller.workspace;
    const memberId = whose(caller);
    const isWelcome = async () => {
      const now = await admit(deps, context);
      return now.outcome === 'in' && now.caller.member.isAdmin === caller.member.isAdmin;
    };
    return streamed(deps, caller, text, isWelcome, async ({ send, signal }) => {
      const shown = new Map<RunId, string>();
      const going = new Map<RunId, RunView>();
      const look = createSteadyLook();
      const tell = (view: RunView) => {
        const data = presentRun(deps, view, caller, { look });
        const words = JSON.stringify({ ...data, remainingMs: 0 });
        if (view.run.settledAt) going.delete(view.run.id);
        else going.set(view.run.id, view);
        if (shown.get(view.run.id) === words) return;
        shown.delete(view.run.id);
        shown.set(view.run.id, words);
        // A page may stay open for months. A run that nobody has heard of for so long is sent again if it changes.
        for (const id of shown.keys()) {
          if (shown.size <= maxShown) break;
          shown.delete(id);
        }
        send({ event: 'run', data });
      };
      let credits = '';
      const tellCredits = async () => {
        const { balance, held } = await accountOf(db, workspaceId);
        const words = JSON.stringify({ balance, held });
        if (words !== credits) send({ event: 'credits', data: { balance, held } });
        credits = words;
      };
      const known = { memberId, limit: latest };
      const refresh = async () => [
        ...(await searchRuns(db, workspaceId, known)).runs,
        ...(await searchRuns(db, workspaceId, { ...known, states: active, limit: 100 })).runs,
      ];
      // Subscribes before it reads, so that it misses nothing in between.
      const heard = changes(signal);
      let next = heard.next();
      for (const view of await refresh()) tell(view);
      await tellCredits();
      const ticking = setInterval(() => {
        for (const view of going.values()) tell(view);
      }, 1_000);
      try {
        while (!signal.aborted) {
          const came = await next;
          if (came.done) return;
          next = heard.next();
          const views =
            came.value.length === 0
              ? await refresh()
              : (await loadRuns(db, came.value)).filter((view) => maySee(view.run, caller));
          for (const view of views) tell(view);
          if (views.length > 0) await tellCredits();
        }
      } finally {
        clearInterval(ticking);
      }
    });
  },
});

export const runEndpoints: readonly Endpoint[] = [list, show, family, remove, everybody, events];
