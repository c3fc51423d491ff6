import { claimAnswer } from '../../../db/claimAnswer.ts';
import { findRunInThread } from '../../../db/runInThread.ts';
import type { RunView } from '../../../db/runs.ts';
import { propose } from '../../actions/propose.ts';
import { commands } from '../../commands/all.ts';
import { namedRun } from '../../commands/find.ts';
import { parseLine } from '../../commands/parse.ts';
import type { Answer } from '../../commands/request.ts';
import { cardMessage } from '../cardBlocks.ts';
import { isPassingRefusal, refusalOf } from '../client.ts';
import { cardOf, type RequestContext, say } from '../requestContext.ts';

/** A mention within a thread. */
type Mention = { channel: string; ts: string; thread_ts: string };

/**
 * Answers a mention in the thread of a run, if its words are no command: shows in the thread what the member may want to change and
 * what it costs. Returns false if the mention is something else.
 */
export async function proposedChange(context: RequestContext, mention: Mention, words: string): Promise<boolean> {
  if (isCommand(words) && !isAboutImage(words, context.requester.fileIds.length > 0)) return false;
  // Everybody who writes in a thread sees the messages of its runs, like somebody who presses a button there.
  const asking = { ...context, request: { ...context.request, isPress: true } };
  const view = await runIn(asking, mention);
  if (!view) return false;
  const answer = await propose(asking.request, view, words);
  const isFirst = await claimAnswer(
    context.request.services.db,
    `slack ${context.request.workspace.id} ${mention.channel} ${mention.ts}`,
  );
  if (isFirst) await tell(asking, mention, answer);
  return true;
}

function isCommand(words: string): boolean {
  const parsed = parseLine(words, commands);
  return parsed.outcome === 'parsed' || parsed.refusal.reason !== 'unknown_command';
}

/**
 * Whether words are about an image of the thread although they begin like a command: "image 2 darker", which would cost credits, and
 * "edit the sky", where the message brings no other image.
 */
const isAboutImage = (words: string, bringsImage: boolean): boolean =>
  /^image\s*#?\d(?!\d)/iu.test(words) || (!bringsImage && /^(edit|video)\s/iu.test(words));

/** The run whose thread this is, or else the newest run in it that the member may see. */
async function runIn({ request }: RequestContext, { channel, thread_ts: threadTs }: Mention): Promise<RunView | null> {
  const postedAt = new Date(Number(threadTs) * 1_000);
  if (Number.isNaN(postedAt.getTime())) return null;
  const traces = [
    { conversation: { channel, threadTs }, posted: {} },
    { conversation: { channel }, posted: { rootTs: threadTs } },
  ];
  const id = await findRunInThread(request.services.db, request.workspace.id, { postedAt, traces });
  if (id === null) return null;
  const found = await namedRun(request, id);
  return found.outcome === 'found' ? found.view : null;
}

/** A card goes into the thread, where its buttons stay. Everything else is for the member alone. */
async function tell(context: RequestContext, { channel, thread_ts: threadTs }: Mention, answer: Answer): Promise<void> {
  const card = cardOf(answer, context.text);
  if (!card) return;
  if (answer.kind !== 'card') return await say(context, card);
  const message = cardMessage(card, context.text);
  try {
    await context.connection.client.chat.postMessage({
      channel,
      thread_ts: threadTs,
      ...message,
      unfurl_links: false,
      unfurl_media: false,
    });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null || isPassingRefusal(refusal)) throw error;
    await say(context, card);
  }
}
