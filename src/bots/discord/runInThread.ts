import type { Tx } from '../../db/client.ts';
import { descendantsOf, newestPostings, type Posting, postingsBetween } from '../../db/conversations.ts';
import { loadRuns, type RunView } from '../../db/runs.ts';
import type { RunId, WorkspaceId } from '../../domain.ts';
import { channelsOf, discordConversation, discordPostedMessages, rootOf } from './conversation.ts';

/** Discord's epoch. The upper bits of an id are the milliseconds since then. */
const epochMs = 1_420_070_400_000n;
const createdAt = (id: string): number => Number((BigInt(id) >> 22n) + epochMs);

const dayMs = 24 * 3_600_000;
/** The clocks of Discord and of the database may differ. Milliseconds. */
const skewMs = 60_000;

/** A run is created before its messages, at most a day: a worker may have been away. */
const timeOf = (messageId: string) => ({
  from: new Date(createdAt(messageId) - dayMs),
  to: new Date(createdAt(messageId) + skewMs),
});

/** How many of a server's newest runs are looked at for those that a command in the thread started. */
const maxNewest = 200;

type Mention = { channelId: string; repliesTo: string | null };

/**
 * The run that a message in a thread is about: the one whose message it replies to, or else the newest finished one that posts in the
 * thread. In a thread that no run opened, it is the newest one that a command in it started. Null elsewhere. It looks only at runs
 * from the time of the thread, at the runs that were made of its first one, and at the server's newest runs, so a long history costs
 * nothing.
 */
export async function runInThread(
  tx: Tx,
  workspaceId: WorkspaceId,
  { channelId, repliesTo }: Mention,
): Promise<RunView | null> {
  if (repliesTo !== null) {
    const near = await postingsBetween(tx, workspaceId, timeOf(repliesTo));
    const answered = near.find((run) => messagesOf(run).includes(repliesTo));
    if (answered) return (await loadRuns(tx, [answered.id]))[0] ?? null;
  }
  const near = await postingsBetween(tx, workspaceId, timeOf(channelId));
  const first = near.find((run) => isThreadOf(run, channelId));
  const newest = await newestPostings(tx, workspaceId, maxNewest);
  if (!first)
    return await newestOf(
      tx,
      channelId,
      newest.filter(isInPlace).map(({ id }) => id),
    );
  const typed = newest.filter((run) => channelsOf(run).includes(channelId)).map(({ id }) => id);
  return await newestOf(tx, channelId, [...new Set([...typed, ...(await descendantsOf(tx, first.id))])]);
}

async function newestOf(tx: Tx, channelId: string, ids: readonly RunId[]): Promise<RunView | null> {
  const views = (await loadRuns(tx, ids))
    .filter(({ run }) => channelsOf(run).includes(channelId))
    .sort((a, b) => b.run.createdAt.getTime() - a.run.createdAt.getTime());
  return views.find(({ run }) => run.settledAt !== null && run.deletedAt === null) ?? views[0] ?? null;
}

/** A thread that was started from a message has that message's id. */
function isThreadOf(run: Posting, channelId: string): boolean {
  const conversation = discordConversation.safeParse(run.conversation).data;
  if (!conversation) return false;
  const posted = discordPostedMessages.parse(run.postedMessages);
  return posted.threadId === channelId || (conversation.opensThread && rootOf(conversation, posted) === channelId);
}

/** True if the run opens no thread: it was started in one, or its channel has none. */
const isInPlace = (run: Posting): boolean =>
  discordConversation.safeParse(run.conversation).data?.opensThread === false;

function messagesOf(run: Posting): (string | null)[] {
  const conversation = discordConversation.safeParse(run.conversation).data;
  if (!conversation) return [];
  const posted = discordPostedMessages.parse(run.postedMessages);
  return [posted.resultId, posted.progressId, rootOf(conversation, posted)];
}
