import { z } from 'zod';
import { listRuns, loadRun } from '../../db/runs.ts';
import type { RunId } from '../../domain.ts';
import { stopRun } from '../../pipeline/stop.ts';
import { mayEnd } from '../actions/permission.ts';
import { textCard } from '../card.ts';
import { shortId } from '../runCard.ts';
import { textOf } from '../text.ts';
import { command } from './command.ts';
import { type Found, namedRun } from './find.ts';
import { flagOption, runOption } from './option.ts';
import type { Answer, CommandRequest } from './request.ts';

export const cancel = command({
  name: 'cancel',
  describe: (text) => text.commands.describe.cancel,
  access: 'member',
  options: z.object({
    run: runOption((text) => text.commands.options.run),
    yes: flagOption(false, (text) => text.commands.options.yes),
  }),
  run: async (request, { run: reference, yes }) => {
    const { services, locale } = request;
    const found = reference === undefined ? await onlyRun(request) : await namedRun(request, reference);
    if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
    const { run } = found.view;
    if (!mayEnd(run, request)) return { kind: 'refusal', refusal: { reason: 'not_your_run', wish: 'stop' } };
    const told = request.maxCredits ?? 0;
    const stopped = await stopRun(services.db, run.id, yes ? null : told);
    if (stopped.outcome === 'finished') return await over(request, run.id);
    const { cost } = stopped;
    if (stopped.outcome === 'costs')
      return { kind: 'refusal', refusal: { reason: 'stop_costs', runId: run.id, cost, told } };
    services.wake();
    const { canceling } = textOf(locale).runs;
    const sentence = cost.credits === 0 ? canceling.free(cost.back) : canceling.costs(cost.credits, cost.back);
    return { kind: 'stopping', runId: run.id, card: textCard('plain', canceling.title(shortId(run.id)), sentence) };
  },
});

async function over({ services, locale }: CommandRequest, id: RunId): Promise<Answer> {
  const state = (await loadRun(services.db, id))?.run.state;
  if (!state || state === 'queued' || state === 'running')
    throw new Error(`run ${id} can neither be stopped nor is over`);
  return {
    kind: 'refusal',
    refusal: { reason: 'already_over', id: shortId(id), state: textOf(locale).runs.ended[state] },
  };
}

/** If the command names no run, this finds the member's only unfinished one. Guessing among several could stop the wrong run. */
async function onlyRun({ services, workspace, member }: CommandRequest): Promise<Found> {
  const views = await listRuns(services.db, workspace.id, { limit: 6, memberId: member.id, unfinished: true });
  const [view, second] = views;
  if (!view) return { outcome: 'refused', refusal: { reason: 'nothing_to_cancel' } };
  if (!second) return { outcome: 'found', view };
  const runs = views.map(({ run }) => ({ id: shortId(run.id), prompt: run.prompt }));
  return { outcome: 'refused', refusal: { reason: 'several_to_cancel', runs } };
}
