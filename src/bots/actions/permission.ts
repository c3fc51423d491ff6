import type { Run } from '../../db/runs.ts';
import type { Member, RunId } from '../../domain.ts';
import type { CommandRequest } from '../commands/request.ts';
import { channelsOf } from '../conversation.ts';

type Requester = Pick<CommandRequest, 'workspace' | 'member' | 'channelIds' | 'isPress'>;
type Subject = Pick<Run, 'workspaceId' | 'memberId' | 'platform' | 'conversation' | 'postedMessages'>;

/**
 * Who may see a run, and so learn that it exists: whoever asked for it, and the admins of its workspace. In the channel where it speaks
 * its messages are everybody's: whoever presses a button of one has it before them, and a moderator looks after all of them.
 */
export const maySee = (run: Subject, requester: Requester): boolean =>
  run.workspaceId === requester.workspace.id &&
  (isOwnOrAdmin(run, requester) || ((requester.isPress === true || isModerator(requester)) && isHere(run, requester)));

/** Who may stop a run or delete what it made: whoever asked for it, an admin, and a moderator of the channel where it speaks. */
export const mayEnd = (run: Subject, requester: Requester): boolean =>
  run.workspaceId === requester.workspace.id &&
  (isOwnOrAdmin(run, requester) || (isModerator(requester) && isHere(run, requester)));

/** Whose runs a list may hold: the one member's; undefined: everybody's. */
export const listable = ({ id, isAdmin }: Member): string | undefined => (isAdmin ? undefined : id);

/** The run that a row of the ledger may name. The credits are everybody's, and which run of others took them is not. */
export const runNamedIn = (row: { runId: RunId | null; memberId: string | null }, { id, isAdmin }: Member) =>
  isAdmin || row.memberId === id ? row.runId : null;

const isOwnOrAdmin = (run: Subject, { member }: Requester): boolean => run.memberId === member.id || member.isAdmin;
const isModerator = ({ member }: Requester): boolean => member.isModerator === true;

/** Whether somebody asks in the channel where a run speaks, or in a thread of it. */
function isHere(run: Subject, { channelIds = [] }: Requester): boolean {
  const channels = channelsOf(run);
  return channelIds.some((id) => channels.includes(id));
}
