import type { types } from '@slack/bolt';
import type { CommandedWorkflow } from '../../../domain.ts';
import { quote } from '../../../pipeline/quote.ts';
import { performAction } from '../../actions/perform.ts';
import { textCard } from '../../card.ts';
import { perform } from '../../commands/all.ts';
import type { Command } from '../../commands/command.ts';
import { textOf } from '../../text.ts';
import { cardView, formView, waitingView } from '../adminForm.ts';
import { type Asking, askForm } from '../askForm.ts';
import { createForm, type OpenedOn } from '../createForm.ts';
import { offerOfForm } from '../formPrice.ts';
import { asOfNow, cardOf, type RequestContext, type RequestDeps, receive } from '../requestContext.ts';
import type { Requester } from '../requester.ts';
import { workspaceOf } from '../workspace.ts';

/**
 * Opens a modal. A trigger works once and for three seconds, so we use it at once to open a small waiting modal. The content
 * needs the member's language and the database, so it replaces the waiting modal a moment later.
 */
async function withModal(
  deps: RequestDeps,
  requester: Requester,
  triggerId: string,
  fill: (context: RequestContext) => Promise<types.ModalView>,
): Promise<void> {
  const opening = openAtOnce(deps, requester, triggerId);
  let text = textOf('en');
  let isFilled = false;
  await receive(deps, requester, async (context) => {
    text = context.text;
    const opened = await opening;
    if (!opened) throw new Error('Slack opened no modal');
    await opened.show(await fill(context));
    isFilled = true;
  });
  if (isFilled) return;
  const { title, text: words } = text.slack.fault;
  await (await opening)?.show(cardView(textCard('bad', title, words), text)).catch(() => {});
}

type Opened = { show: (view: types.ModalView) => Promise<unknown> };

async function openAtOnce(deps: RequestDeps, requester: Requester, triggerId: string): Promise<Opened | null> {
  try {
    const id = workspaceOf(requester.source);
    const connection = id ? await deps.connections.of(id) : null;
    if (!connection) return null;
    const { client } = connection;
    const { view } = await client.views.open({ trigger_id: triggerId, view: waitingView(textOf('en')) });
    const viewId = view?.id;
    return viewId ? { show: (shown) => client.views.update({ view_id: viewId, view: shown }) } : null;
  } catch (error) {
    deps.log.warn({ platform: 'slack', error }, 'a modal could not be opened');
    return null;
  }
}

/** Opens the form for all workflows. */
export const openCreateForm = (
  deps: RequestDeps,
  requester: Requester,
  triggerId: string,
  wish: { workflow: CommandedWorkflow; prompt: string | null; on: OpenedOn | null },
): Promise<void> =>
  withModal(deps, requester, triggerId, async ({ request, text }) => {
    const { workspace } = request;
    const [{ price }, offer] = await Promise.all([
      quote(deps.services, workspace.id, wish.workflow, {}),
      offerOfForm(deps.services, workspace.id, { on: wish.on, given: {}, text }),
    ]);
    return createForm({ ...wish, channel: requester.channel, price }, offer, text);
  });

/** Opens the private form of an admin's command. We check that the member is an admin now, and again on submit. */
export const openAdminForm = (
  deps: RequestDeps,
  requester: Requester,
  triggerId: string,
  command: Command,
): Promise<void> =>
  withModal(deps, requester, triggerId, async (context) => {
    const answer = await perform(await asOfNow(context), command, {});
    const card = cardOf(answer, context.text);
    if (card) return cardView(card, context.text);
    if (answer.kind !== 'form') throw new Error(`the command ${command.name} answered with neither a card nor a form`);
    return formView(answer.form, context.text);
  });

/** Opens a form that asks words for an action. A member who may not see the run gets a modal that says so. */
export const openAskForm = (
  deps: RequestDeps,
  requester: Requester,
  triggerId: string,
  { action, id, step }: Asking,
): Promise<void> =>
  withModal(deps, requester, triggerId, async ({ request, text }) => {
    const answer = await performAction(request, action, { id, step });
    if (answer.kind === 'ask') return askForm(answer, requester, text);
    const card = answer.kind === 'deleted' ? answer.card : cardOf(answer, text);
    return cardView(card ?? textCard('bad', text.slack.fault.title), text);
  });

/** Opens a modal with one sentence, where a form would make no sense. */
export const openNotice = (
  deps: RequestDeps,
  requester: Requester,
  triggerId: string,
  words: (context: RequestContext) => { title: string; text: string },
): Promise<void> =>
  withModal(deps, requester, triggerId, async (context) => {
    const { title, text } = words(context);
    return cardView(textCard('warning', title, text), context.text);
  });
