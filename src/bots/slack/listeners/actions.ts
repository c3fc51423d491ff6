import { progressOf } from '../../../pipeline/progress.ts';
import { type ActionAnswer, performAction } from '../../actions/perform.ts';
import { startProposal } from '../../actions/propose.ts';
import { isAsking, isDirect, textCard } from '../../card.ts';
import { commands } from '../../commands/all.ts';
import { type PressedButton, readButtonId } from '../buttons.ts';
import { deleteMessages } from '../deleteMessages.ts';
import { actionPayload, sourceOfInteraction } from '../payloads.ts';
import { cardOf, entered, type RequestContext, type RequestDeps, receive, say } from '../requestContext.ts';
import type { Requester } from '../requester.ts';
import { sayVersion } from '../version.ts';
import { openAdminForm, openAskForm, openCreateForm } from './modals.ts';

/**
 * Handles a press on a button, or a choice from a menu. Its name holds the action and what it is about, or the form to open. We
 * ignore any other name: it is a link.
 */
export async function onAction(deps: RequestDeps, body: unknown): Promise<void> {
  const payload = actionPayload.parse(body);
  const [pressed] = payload.actions;
  if (!pressed) return;
  const { message, container, trigger_id: triggerId } = payload;
  const name = pressed.selected_option?.value ?? pressed.action_id;
  const button = readButtonId(name);
  const requester: Requester = {
    source: sourceOfInteraction(payload),
    workspaceName: payload.team?.domain ?? payload.team?.id ?? '',
    userId: payload.user.id,
    userName: payload.user.username ?? payload.user.name ?? payload.user.id,
    channel: payload.channel?.id ?? null,
    threadTs: message ? (message.thread_ts ?? message.ts) : (container?.thread_ts ?? null),
    isPress: true,
    responseUrl: payload.response_url ?? null,
    // An earlier version is shown beside the list from which the member chose it.
    replacesQuestion: (container?.is_ephemeral ?? false) && button?.action !== 'show',
    requestKey: `slack:action:${triggerId ?? pressed.action_ts ?? ''}:${name}`,
    fileIds: [],
  };
  if (button) return await onButton(deps, requester, button, triggerId ?? null);
  const [kind, form] = name.split(':');
  if (kind !== 'open' || !triggerId) return;
  if (form === 'create') {
    return await openCreateForm(deps, requester, triggerId, { workflow: 'complete', prompt: null, on: null });
  }
  const command = commands.find((one) => one.name === form && one.access === 'admin');
  if (command) await openAdminForm(deps, requester, triggerId, command);
}

async function onButton(
  deps: RequestDeps,
  requester: Requester,
  { action, runId: id, step, credits: maxCredits, proposal }: PressedButton,
  triggerId: string | null,
): Promise<void> {
  if (isAsking(action)) {
    if (triggerId !== null) await openAskForm(deps, requester, triggerId, { action, id, step });
    return;
  }
  await receive(deps, requester, async (context) => {
    if (action === 'keep') {
      const { title, text } = context.text.runs.canceling.keeps;
      return await say(context, textCard('plain', title, text));
    }
    if ((isDirect(action) || action === 'start') && !(await entered(context))) return;
    const request = { ...context.request, maxCredits };
    if (action !== 'start') return await show(context, await performAction(request, action, { id, step }));
    if (proposal !== null) await show(context, await startProposal(request, proposal));
  });
}

async function show(context: RequestContext, answer: ActionAnswer): Promise<void> {
  switch (answer.kind) {
    case 'deleted':
      await deleteMessages(
        context.connection.client,
        answer.view,
        progressOf(answer.view, context.request.services.now()),
      );
      return await say(context, answer.card);
    case 'ask':
      return;
    case 'status':
      return await sayVersion(context, answer);
    default: {
      const card = cardOf(answer, context.text);
      if (card) await say(context, card);
    }
  }
}
