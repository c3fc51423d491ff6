import type { types } from '@slack/bolt';
import type { RunId, Workflow } from '../../../db/vocabulary.ts';
import { quote } from '../../../pipeline/submit.ts';
import { performAction } from '../../actions/perform.ts';
import { textCard } from '../../card.ts';
import { perform } from '../../commands/all.ts';
import type { Command } from '../../commands/command.ts';
import { textOf } from '../../text.ts';
import { cardView, formView, waitingView } from '../adminForm.ts';
import type { Asker } from '../asker.ts';
import { createForm, type OpenedOn } from '../createForm.ts';
import { asOfNow, cardOf, type DeskNeeds, receive, type Visit } from '../desk.ts';
import { editForm } from '../editForm.ts';
import { offerOfForm } from '../formPrice.ts';
import { workspaceOf } from '../workspace.ts';

/**
 * Opens a modal for somebody. A trigger serves once and for three seconds, so a small modal is opened with it first; what it is to
 * show needs the member's language and the database, and comes a moment later.
 */
async function withModal(
  needs: DeskNeeds,
  asker: Asker,
  triggerId: string,
  fill: (visit: Visit) => Promise<types.ModalView>,
): Promise<void> {
  const opening = openAtOnce(needs, asker, triggerId);
  let text = textOf('en');
  let isFilled = false;
  await receive(needs, asker, async (visit) => {
    text = visit.text;
    const opened = await opening;
    if (!opened) throw new Error('Slack opened no modal');
    await opened.show(await fill(visit));
    isFilled = true;
  });
  if (isFilled) return;
  const { title, text: words } = text.slack.fault;
  await (await opening)?.show(cardView(textCard('bad', title, words), text)).catch(() => {});
}

type Opened = { show: (view: types.ModalView) => Promise<unknown> };

async function openAtOnce(needs: DeskNeeds, asker: Asker, triggerId: string): Promise<Opened | null> {
  try {
    const id = workspaceOf(asker.source);
    const connection = id ? await needs.connections.of(id) : null;
    if (!connection) return null;
    const { client } = connection;
    const { view } = await client.views.open({ trigger_id: triggerId, view: waitingView(textOf('en')) });
    const viewId = view?.id;
    return viewId ? { show: (shown) => client.views.update({ view_id: viewId, view: shown }) } : null;
  } catch (error) {
    needs.log.warn({ face: 'slack', error }, 'a modal could not be opened');
    return null;
  }
}

/** The form in which one can ask for everything. */
export const openCreateForm = (
  needs: DeskNeeds,
  asker: Asker,
  triggerId: string,
  wish: { workflow: Workflow; prompt: string | null; on: OpenedOn | null },
): Promise<void> =>
  withModal(needs, asker, triggerId, async ({ request, text }) => {
    const { workspace } = request;
    const [{ price }, offer] = await Promise.all([
      quote(needs.services, workspace.id, wish.workflow, {}),
      offerOfForm(needs.services, workspace.id, wish.on),
    ]);
    return createForm({ ...wish, channel: asker.channel, price }, offer, text);
  });

/** The private form of an admin's command. Whether they are an admin is asked now, and again when the form comes back. */
export const openAdminForm = (needs: DeskNeeds, asker: Asker, triggerId: string, command: Command): Promise<void> =>
  withModal(needs, asker, triggerId, async (visit) => {
    const answer = await perform(await asOfNow(visit), command, {});
    const card = cardOf(answer, visit.text);
    if (card) return cardView(card, visit.text);
    if (answer.kind !== 'form') throw new Error(`the command ${command.name} answered with neither a card nor a form`);
    return formView(answer.form, visit.text);
  });

/** The words of a run, to be changed; whoever may not see the run is told so in the modal. */
export const openEditForm = (needs: DeskNeeds, asker: Asker, triggerId: string, id: RunId): Promise<void> =>
  withModal(needs, asker, triggerId, async ({ request, text }) => {
    const answer = await performAction(request, 'edit', id);
    if (answer.kind === 'edit') return editForm(answer, asker, text);
    const card = answer.kind === 'deleted' ? answer.card : cardOf(answer, text);
    return cardView(card ?? textCard('bad', text.slack.fault.title), text);
  });

/** A sentence in a modal, where a form would make no sense. */
export const openNotice = (
  needs: DeskNeeds,
  asker: Asker,
  triggerId: string,
  words: (visit: Visit) => { title: string; text: string },
): Promise<void> =>
  withModal(needs, asker, triggerId, async (visit) => {
    const { title, text } = words(visit);
    return cardView(textCard('warning', title, text), visit.text);
  });
