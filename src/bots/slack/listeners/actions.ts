import { z } from 'zod';
import { runId } from '../../../domain.ts';
import { performAction } from '../../actions/perform.ts';
import { buttonActions, textCard } from '../../card.ts';
import { commands } from '../../commands/all.ts';
import { deleteMessages } from '../deleteMessages.ts';
import { actionPayload, sourceOfInteraction } from '../payloads.ts';
import { cardOf, entered, type RequestContext, type RequestDeps, receive, say } from '../requestContext.ts';
import type { Requester } from '../requester.ts';
import { openAdminForm, openCreateForm, openEditForm } from './modals.ts';

/**
 * Handles a press on a button. The button's name holds the action and the run, or the form to open. We ignore any other name: it
 * is an old button or a link.
 */
export async function onAction(deps: RequestDeps, body: unknown): Promise<void> {
  const payload = actionPayload.parse(body);
  const [pressed] = payload.actions;
  if (!pressed) return;
  const { message, container, trigger_id: triggerId } = payload;
  const requester: Requester = {
    source: sourceOfInteraction(payload),
    workspaceName: payload.team?.domain ?? payload.team?.id ?? '',
    userId: payload.user.id,
    userName: payload.user.username ?? payload.user.name ?? payload.user.id,
    channel: payload.channel?.id ?? null,
    threadTs: message ? (message.thread_ts ?? message.ts) : (container?.thread_ts ?? null),
    isPress: true,
    responseUrl: payload.response_url ?? null,
    replacesQuestion: container?.is_ephemeral ?? false,
    requestKey: `slack:action:${triggerId ?? pressed.action_ts ?? ''}:${pressed.action_id}`,
    fileId: null,
  };
  const [version, name, subject = '', credits = '0'] = pressed.action_id.split(':');
  if (version === 'open' && triggerId) {
    if (name === 'create') {
      return await openCreateForm(deps, requester, triggerId, { workflow: 'complete', prompt: null, on: null });
    }
    const command = commands.find((one) => one.name === name && one.access === 'admin');
    if (command) await openAdminForm(deps, requester, triggerId, command);
    return;
  }
  const id = runId.safeParse(subject);
  const known = z.enum(buttonActions).safeParse(name);
  if (version !== 'v1' || !id.success || !known.success || !/^\d{1,9}$/.test(credits)) return;
  const action = known.data;
  if (action === 'edit') {
    if (triggerId) await openEditForm(deps, requester, triggerId, id.data);
    return;
  }
  await receive(deps, requester, async (context) => {
    if (action === 'keep') {
      const { title, text } = context.text.runs.canceling.keeps;
      return await say(context, textCard('plain', title, text));
    }
    const startsRun = action === 'again' || action === 'animate';
    if (startsRun && !(await entered(context))) return;
    const answer = await performAction({ ...context.request, maxCredits: Number(credits) }, action, id.data);
    await show(context, answer);
  });
}

async function show(context: RequestContext, answer: Awaited<ReturnType<typeof performAction>>): Promise<void> {
  switch (answer.kind) {
    case 'deleted':
      await deleteMessages(context, answer.view);
      return await say(context, answer.card);
    case 'edit':
      return;
    default: {
      const card = cardOf(answer, context.text);
      if (card) await say(context, card);
    }
  }
}
