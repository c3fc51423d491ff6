import { findRun } from '../../db/findRun.ts';
import { listRuns, type RunView } from '../../db/runs.ts';
import { maySee } from '../actions/permission.ts';
import type { Refusal } from './refusal.ts';
import type { CommandRequest } from './request.ts';

export type Found = { outcome: 'found'; view: RunView } | { outcome: 'refused'; refusal: Refusal };

/** Finds a run by the beginning of its id, among the runs that the member may see. */
export async function namedRun(request: CommandRequest, reference: string): Promise<Found> {
  const found = await findRun(request.services.db, request.workspace.id, reference.replace(/…$/, ''), (run) =>
    maySee(run, request),
  );
  switch (found.outcome) {
    case 'found':
      return found;
    case 'none':
      return { outcome: 'refused', refusal: { reason: 'no_such_run', given: reference } };
    case 'ambiguous':
      return { outcome: 'refused', refusal: { reason: 'ambiguous_run', given: reference } };
  }
}

/** The member's newest unfinished run, or else their newest run. */
export async function newestRun({ services, workspace, member }: CommandRequest): Promise<Found> {
  const page = { limit: 1, memberId: member.id };
  const [unfinished] = await listRuns(services.db, workspace.id, { ...page, unfinished: true });
  const [view] = unfinished ? [unfinished] : await listRuns(services.db, workspace.id, page);
  return view ? { outcome: 'found', view } : { outcome: 'refused', refusal: { reason: 'no_such_run', given: '' } };
}
