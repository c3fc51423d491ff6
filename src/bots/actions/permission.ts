import type { Run } from '../../db/runs.ts';
import type { Member, RunId } from '../../domain.ts';
import type { CommandRequest } from '../commands/request.ts';
import { channelsOf } from '../conversation.ts';

type Requester = Pick<CommandRequest, 'workspace' | 'member' | 'channelIds' | 'isPress'>;
type Subject = Pick<Run, 'workspaceId' | 'memberId' | 'platform' | 'conversation' | 'postedMessages'>;

/**
 * Says whether a requester may see a run, and so learn that it exists. The run's own requester and the admins of its workspace
 * may. In the channel where the run posts, a moderator may, and so may a member who presses a button on one of its messages,
 * because everybody there can read them.
 */
export const maySee = (run: Subject, requester: Requester): boolean =>
  run.workspaceId === requester.workspace.id &&
  (isOwnOrAdmin(run, requester) || ((requester.isPress === true || isModerator(requester)) && isHere(run, requester)));

/** Says whether a requester may stop a run or delete its results: the run's requester, an admin, or a moderator of its channel. */
export const mayEnd = (run: Subject, requester: Requester): boolean =>
  run.workspaceId === requester.workspace.id &&
  (isOwnOrAdmin(run, requester) || (isModerator(requester) && isHere(run, requester)));

/** The member whose runs a list may contain. Undefined: everybody's. */
export const listable = ({ id, isAdmin }: Member): string | undefined => (isAdmin ? undefined : id);

/** The run that a row of the ledger may name. Everybody shares the credits, but other members must not learn which run took them. */
export const runNamedIn = (row: { runId: RunId | null; memberId: string | null }, { id, isAdmin }: Member) =>
  isAdmin || row.memberId === id ? row.runId : null;

const isOwnOrAdmin = (run: Subject, { member }: Requester): boolean => run.memberId === member.id || member.isAdmin;
const isModerator = ({ member }: Requester): boolean => member.isModerator === true;

/** Says whether the request comes from the channel where a run posts, or from a thread of that channel. */
function isHere(run: Subject, { channelIds = [] }: Requester): boolean {
  const channels = channelsOf(run);
  return channelIds.some((id) => channels.includes(id));
}
