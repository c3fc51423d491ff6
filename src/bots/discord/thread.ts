import { DiscordAPIError, type REST } from '@discordjs/rest';
import { ChannelType, Routes, ThreadAutoArchiveDuration } from 'discord-api-types/v10';
import { tidiedLine } from '../../plainText.ts';
import { codeOf, codes, readId } from './rest.ts';

const maxName = 90;

/** Errors that mean that no thread is possible here, now or later. The run then posts in place. */
const impossible: readonly number[] = [
  codes.unknownMessage,
  codes.unknownChannel,
  codes.missingAccess,
  codes.missingPermissions,
  codes.cannotInChannelType,
  codes.tooManyThreads,
];

/** Opens the thread under the answer to the command, or finds the existing one. Null: there can be none. */
export async function openThread(
  rest: REST,
  { channelId, rootId }: { channelId: string; rootId: string },
  prompt: string,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return readId(await rest.post(Routes.threads(channelId, rootId), { body: threadBody(prompt), signal }));
  } catch (error) {
    const code = codeOf(error);
    // A thread that was started from a message has that message's id.
    if (code === codes.threadExists) return rootId;
    if (code !== null && impossible.includes(code)) return null;
    throw error;
  }
}

/** Opens a thread without a root message, for a channel where the bot may open threads and post nothing else. */
export async function openBareThread(
  rest: REST,
  channelId: string,
  prompt: string,
  signal: AbortSignal,
): Promise<string> {
  const body = { ...threadBody(prompt), type: ChannelType.PublicThread };
  return readId(await rest.post(Routes.threads(channelId), { body, signal }));
}

/** Adds the member who asked, so that the thread appears in their list. If Discord refuses it, the mention at the end is enough. */
export async function addToThread(rest: REST, threadId: string, memberId: string, signal: AbortSignal): Promise<void> {
  try {
    await rest.put(Routes.threadMembers(threadId, memberId), { signal });
  } catch (error) {
    if (!(error instanceof DiscordAPIError)) throw error;
  }
}

const threadBody = (prompt: string) => ({
  name: threadName(prompt),
  auto_archive_duration: ThreadAutoArchiveDuration.OneDay,
});

/** Discord trims names and refuses empty ones. It counts characters beyond the first plane twice. */
export function threadName(prompt: string): string {
  const name = tidiedLine(prompt, 'VidGenie', maxName);
  return name.length <= 99 ? name : tidiedLine(name, 'VidGenie', 49);
}
