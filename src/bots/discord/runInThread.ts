import type { Tx } from '../../db/client.ts';
import { findRunInThread, type Trace } from '../../db/runInThread.ts';
import { loadRun, type RunView } from '../../db/runs.ts';
import type { WorkspaceId } from '../../domain.ts';

/** Discord's epoch. The upper bits of an id are the milliseconds since then. */
const epochMs = 1_420_070_400_000n;
const createdAt = (id: string): Date => new Date(Number((BigInt(id) >> 22n) + epochMs));

type Mention = { channelId: string; repliesTo: string | null };

/**
 * The run that a message in a thread is about: the one whose message it replies to, or else the newest finished one that posts in the
 * thread. Null elsewhere.
 */
export async function runInThread(
  tx: Tx,
  workspaceId: WorkspaceId,
  { channelId, repliesTo }: Mention,
): Promise<RunView | null> {
  const find = (id: string, traces: readonly Trace[]) =>
    findRunInThread(tx, workspaceId, { postedAt: createdAt(id), traces });
  const answered = repliesTo === null ? null : await find(repliesTo, tracesOfMessage(repliesTo));
  const id = answered ?? (await find(channelId, tracesOfThread(channelId)));
  return id === null ? null : await loadRun(tx, id);
}

const tracesOfMessage = (id: string): Trace[] => [
  ...['resultId', 'progressId', 'rootId'].map((name) => ({ conversation: {}, posted: { [name]: id } })),
  { conversation: { rootId: id }, posted: {} },
];

/** A run that opens no thread was started in one, or its channel has none. A thread that was started from a message has that message's id. */
const tracesOfThread = (id: string): Trace[] => [
  { conversation: { channelId: id, opensThread: false }, posted: {} },
  { conversation: {}, posted: { threadId: id } },
  { conversation: { opensThread: true, rootId: id }, posted: {} },
  { conversation: { opensThread: true }, posted: { rootId: id } },
];
