import { shortcutPayload, sourceOfInteraction } from '../payloads.ts';
import type { RequestDeps } from '../requestContext.ts';
import type { Requester } from '../requester.ts';
import { openCreateForm, openNotice } from './modals.ts';

/** The names that the manifest gives the shortcuts. */
export const shortcutNames = { create: 'create_video', animate: 'animate_image', edit: 'edit_image' } as const;

/** The workflows of the shortcuts on a message, which begin with its image. */
const workflowOf: Readonly<Record<string, 'video' | 'edit'>> = {
  [shortcutNames.animate]: 'video',
  [shortcutNames.edit]: 'edit',
};

/** Handles the shortcuts *Create a video*, available anywhere, and *Animate this image* and *Edit this image*, on a message. */
export async function onShortcut(deps: RequestDeps, body: unknown): Promise<void> {
  const payload = shortcutPayload.parse(body);
  const triggerId = payload.trigger_id;
  if (!triggerId) throw new Error('Slack sent a shortcut without a trigger');
  const { message } = payload;
  const threadTs = message ? (message.thread_ts ?? message.ts) : null;
  const requester: Requester = {
    source: sourceOfInteraction(payload),
    workspaceName: payload.team?.domain ?? payload.team?.id ?? '',
    userId: payload.user.id,
    userName: payload.user.username ?? payload.user.name ?? payload.user.id,
    channel: payload.channel?.id ?? null,
    threadTs,
    responseUrl: payload.response_url ?? null,
    requestKey: `slack:shortcut:${triggerId}`,
    fileIds: [],
  };
  const workflow = workflowOf[payload.callback_id];
  if (!workflow) {
    return await openCreateForm(deps, requester, triggerId, { workflow: 'complete', prompt: null, on: null });
  }
  const file = message?.files?.find(({ mimetype }) => mimetype?.startsWith('image/') ?? true);
  if (!file || requester.channel === null) {
    return await openNotice(deps, requester, triggerId, ({ text }) => text.slack.create.noImage);
  }
  const on = { channel: requester.channel, threadTs, fileId: file.id, workflow };
  await openCreateForm(deps, requester, triggerId, { workflow, prompt: null, on });
}
