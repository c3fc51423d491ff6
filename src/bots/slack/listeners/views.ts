import type { types } from '@slack/bolt';
import type { RunId } from '../../../db/vocabulary.ts';
import { submitEdit } from '../../actions/perform.ts';
import { textCard } from '../../card.ts';
import { commands } from '../../commands/all.ts';
import { refusalCard } from '../../refusalCard.ts';
import { type Locale, textOf } from '../../text.ts';
import type { Acknowledge } from '../acknowledge.ts';
import { cardView, commandOfForm, readForm, waitingView } from '../adminForm.ts';
import type { Asker } from '../asker.ts';
import { createCallback, fieldOfRefusal, readCreateForm } from '../createForm.ts';
import { asOfNow, cardOf, carryOut, type DeskNeeds, entered, receive, say } from '../desk.ts';
import { readEditForm, runOfEditForm } from '../editForm.ts';
import { cut } from '../escape.ts';
import { formAgain } from '../formPrice.ts';
import { sourceOfInteraction, viewPayload } from '../payloads.ts';
import { workspaceOf } from '../workspace.ts';

/** What Slack is told about a submitted form, which closes otherwise: what is wrong with which field, or what to show instead. */
export type ViewAnswer =
  | { response_action: 'errors'; errors: Record<string, string> }
  | { response_action: 'update'; view: types.ModalView };

type Ack = Acknowledge<ViewAnswer>;

/** A form is answered within the three seconds that Slack waits; later than this an admin's form says that it takes longer. Milliseconds. */
export const patienceWithFormsMs = 2_000;

export async function onViewSubmission(needs: DeskNeeds, body: unknown, acknowledge: Ack): Promise<void> {
  const it = viewPayload.parse(body);
  const asker: Asker = {
    source: sourceOfInteraction(it),
    workspaceName: it.team?.domain ?? it.team?.id ?? '',
    userId: it.user.id,
    userName: it.user.username ?? it.user.name ?? it.user.id,
    channel: null,
    threadTs: null,
    responseUrl: it.response_urls?.[0]?.response_url ?? null,
    requestKey: `slack:view:${it.view.id}`,
    fileId: null,
  };
  if (it.view.callback_id === createCallback) return await onCreate(needs, asker, it.view, acknowledge);
  const edited = runOfEditForm(it.view.callback_id);
  if (edited) return await onEdit(needs, asker, it.view, edited);
  const command = commands.find(({ name }) => name === commandOfForm(it.view.callback_id));
  if (command) await onAdminForm(needs, asker, it.view, command, acknowledge);
}

/** What a form shows whose work takes longer than Slack waits: an admin's form stays open, the others close. */
export function lateAnswer(needs: DeskNeeds, body: unknown): ViewAnswer | undefined {
  const it = viewPayload.safeParse(body).data;
  if (!it || commandOfForm(it.view.callback_id) === null) return undefined;
  const locale = rememberedLocale(needs, { source: sourceOfInteraction(it), userId: it.user.id });
  return { response_action: 'update', view: waitingView(textOf(locale)) };
}

type View = ReturnType<typeof viewPayload.parse>['view'];

/**
 * What is wrong with the words is said in the form, before anything is looked up, and so is a price that is higher than its button said;
 * the rest is said where the run would have been.
 */
async function onCreate(needs: DeskNeeds, from: Asker, view: View, acknowledge: Ack): Promise<void> {
  const asked = readCreateForm(view.state, view.private_metadata);
  const checked = asked.command.check(asked.given);
  if (checked.outcome === 'refused') {
    const text = textOf(rememberedLocale(needs, from));
    const field = fieldOfRefusal(checked.refusal, Object.keys(view.state.values), 'prompt');
    await acknowledge({ response_action: 'errors', errors: { [field]: sentence(checked.refusal, text) } });
    return;
  }
  const { channel, threadTs, fileId, credits: maxCredits } = asked;
  const again = await formAgain(needs, from, checked.values, asked, textOf(rememberedLocale(needs, from)));
  // Where Slack did not wait for it, the form is closed by now, and the price is said where the run would have been.
  if (again && (await acknowledge(again))) return;
  await receive(needs, { ...from, channel, threadTs, fileId }, async (visit) => {
    const told = { ...visit, request: { ...visit.request, maxCredits } };
    const answer = await carryOut(told, asked.command, asked.given);
    const card = answer ? cardOf(answer, visit.text) : null;
    if (card) await say(visit, card);
  });
}

async function onEdit(needs: DeskNeeds, from: Asker, view: View, id: RunId): Promise<void> {
  const { prompt, channel, threadTs, credits: maxCredits } = readEditForm(view.state, view.private_metadata);
  await receive(needs, { ...from, channel, threadTs, isPress: true }, async (visit) => {
    if (!(await entered(visit))) return;
    const card = cardOf(await submitEdit({ ...visit.request, maxCredits }, id, prompt), visit.text);
    if (card) await say(visit, card);
  });
}

async function onAdminForm(
  needs: DeskNeeds,
  asker: Asker,
  view: View,
  command: (typeof commands)[number],
  acknowledge: Ack,
): Promise<void> {
  await receive(needs, asker, async (visit) => {
    const answer = await command.submit(await asOfNow(visit), readForm(view.state));
    const field = answer.kind === 'refusal' && fieldOfRefusal(answer.refusal, Object.keys(view.state.values), '');
    if (answer.kind === 'refusal' && field) {
      const errors = { [field]: sentence(answer.refusal, visit.text) };
      if (await acknowledge({ response_action: 'errors', errors })) return;
    }
    const faults = Object.entries(answer.kind === 'card' ? (answer.faults ?? {}) : {});
    if (faults.length > 0) {
      const errors = Object.fromEntries(faults.map(([name, words]) => [name, cut(words, longestFault)]));
      if (await acknowledge({ response_action: 'errors', errors })) return;
    }
    const card = cardOf(answer, visit.text) ?? textCard('good', visit.text.commands.settings.saved);
    const shown = cardView(card, visit.text);
    if (await acknowledge({ response_action: 'update', view: shown })) return;
    await visit.connection.client.views.update({ view_id: view.id, view: shown });
  });
}

const longestFault = 1_000;

/** One line below a field: Slack shows no more of it. */
function sentence(refusal: Parameters<typeof refusalCard>[0], text: ReturnType<typeof textOf>): string {
  const { title, blocks } = refusalCard(refusal, text);
  const words = blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []));
  return cut([title, ...words].join('. '), longestFault);
}

/** The asker's language without asking Slack, for an answer that cannot wait: they opened the form a moment ago. */
function rememberedLocale(needs: DeskNeeds, { source, userId }: Pick<Asker, 'source' | 'userId'>): Locale {
  const id = workspaceOf(source);
  return id ? needs.members.localeOf({ workspaceId: id, userId }) : 'en';
}
