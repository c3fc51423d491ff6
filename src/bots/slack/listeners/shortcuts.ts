import type { Asker } from '../asker.ts';
import type { DeskNeeds } from '../desk.ts';
import { shortcutPayload, sourceOfInteraction } from '../payloads.ts';
import { openCreateForm, openNotice } from './modals.ts';

/** The names under which the manifest declares the shortcuts. */
export const shortcutNames = { create: 'create_video', animate: 'animate_image' } as const;

/** *Create a video*, from anywhere, and *Animate this image*, on a message. */
export async function onShortcut(needs: DeskNeeds, body: unknown): Promise<void> {
  const it = shortcutPayload.parse(body);
  const triggerId = it.trigger_id;
  if (!triggerId) throw new Error('Slack sent a shortcut without a trigger');
  const { message } = it;
  const threadTs = message ? (message.thread_ts ?? message.ts) : null;
  const asker: Asker = {
    source: sourceOfInteraction(it),
    workspaceName: it.team?.domain ?? it.team?.id ?? '',
    userId: it.user.id,
    userName: it.user.username ?? it.user.name ?? it.user.id,
    channel: it.channel?.id ?? null,
    threadTs,
    responseUrl: it.response_url ?? null,
    requestKey: `slack:shortcut:${triggerId}`,
    fileId: null,
  };
  if (it.callback_id !== shortcutNames.animate) {
    return await openCreateForm(needs, asker, triggerId, { workflow: 'complete', prompt: null, on: null });
  }
  const file = message?.files?.find(({ mimetype }) => mimetype?.startsWith('image/') ?? true);
  if (!file || asker.channel === null) {
    return await openNotice(needs, asker, triggerId, ({ text }) => text.slack.create.noImage);
  }
  const on = { channel: asker.channel, threadTs, fileId: file.id };
  await openCreateForm(needs, asker, triggerId, { workflow: 'video', prompt: null, on });
}
