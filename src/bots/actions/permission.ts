import type { Run } from '../../db/runs.ts';
import type { Member } from '../../db/vocabulary.ts';

/** Who may stop a run or delete what it made: whoever asked for it, a moderator of the place, an admin of the workspace. */
export const mayEnd = (run: Pick<Run, 'memberId'>, member: Member): boolean =>
  run.memberId === member.id || member.isAdmin || member.isModerator === true;
