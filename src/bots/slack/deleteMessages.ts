import type { WebClient } from '@slack/web-api';
import type { RunView } from '../../db/runs.ts';
import type { Progress } from '../../pipeline/progress.ts';
import { runCard } from '../runCard.ts';
import { textOf } from '../text.ts';
import { isPassingRefusal, refusalOf } from './client.ts';
import { postedMessagesOf, slackConversation } from './conversation.ts';
import { progressMessage, rootMessage } from './runMessages.ts';
import { edit } from './runThread.ts';

/**
 * Deletes a deleted run's files from Slack and edits its messages to say so. A file that somebody already removed is not a fault.
 */
export async function deleteMessages(client: WebClient, view: RunView, progress: Progress): Promise<void> {
  const conversation = slackConversation.safeParse(view.run.conversation);
  if (!conversation.success) return;
  const { files, rootTs, progressTs, mentionTs } = postedMessagesOf(view.run.postedMessages);
  for (const { fileId } of Object.values(files)) await client.files.delete({ file: fileId }).catch(goneAlready);
  // This message announces the result, so it goes too.
  if (mentionTs !== null)
    await client.chat.delete({ channel: conversation.data.channel, ts: mentionTs }).catch(goneAlready);
  const text = textOf(conversation.data.locale);
  const { channel } = conversation.data;
  if (progressTs !== null) {
    await edit(client, { channel, ts: progressTs }, progressMessage(view, progress, text)).catch(goneAlready);
  }
  if (rootTs !== null) {
    await edit(client, { channel, ts: rootTs }, rootMessage(view, runCard(view, progress, text), text)).catch(
      goneAlready,
    );
  }
}

function goneAlready(error: unknown): void {
  const refusal = refusalOf(error);
  if (refusal === null || isPassingRefusal(refusal)) throw error;
}
