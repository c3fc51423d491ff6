import { submitWords } from '../../actions/perform.ts';
import { textCard } from '../../card.ts';
import { commands } from '../../commands/all.ts';
import { type Locale, textOf } from '../../text.ts';
import type { Acknowledge } from '../acknowledge.ts';
import { cardView, commandOfForm, filesOfForm, readForm, waitingView } from '../adminForm.ts';
import { type Asking, readAskForm, readWords } from '../askForm.ts';
import { createCallback, fieldOfRefusal, readCreateForm } from '../createForm.ts';
import { cut } from '../escape.ts';
import { maxFault, sentence } from '../fieldError.ts';
import { formAgain } from '../formPrice.ts';
import { sourceOfInteraction, viewPayload } from '../payloads.ts';
import { asOfNow, cardOf, carryOut, entered, type RequestDeps, receive, say } from '../requestContext.ts';
import type { Requester } from '../requester.ts';
import type { ViewAnswer } from '../viewAnswer.ts';
import { workspaceOf } from '../workspace.ts';

type Ack = Acknowledge<ViewAnswer>;

/**
 * Slack waits three seconds for the answer to a form. After this time an admin's form shows that it takes longer. Milliseconds.
 */
export const formAnswerTimeoutMs = 2_000;

export async function onViewSubmission(deps: RequestDeps, body: unknown, acknowledge: Ack): Promise<void> {
  const payload = viewPayload.parse(body);
  const requester: Requester = {
    source: sourceOfInteraction(payload),
    workspaceName: payload.team?.domain ?? payload.team?.id ?? '',
    userId: payload.user.id,
    userName: payload.user.username ?? payload.user.name ?? payload.user.id,
    channel: null,
    threadTs: null,
    responseUrl: payload.response_urls?.[0]?.response_url ?? null,
    requestKey: `slack:view:${payload.view.id}`,
    fileIds: [],
  };
  if (payload.view.callback_id === createCallback) return await onCreate(deps, requester, payload.view, acknowledge);
  const asking = readAskForm(payload.view.callback_id);
  if (asking) return await onWords(deps, requester, payload.view, asking);
  const command = commands.find(({ name }) => name === commandOfForm(payload.view.callback_id));
  if (command) await onAdminForm(deps, requester, payload.view, command, acknowledge);
}

/** The answer to a form whose work takes longer than Slack waits. An admin's form stays open; the others close. */
export function lateAnswer(deps: RequestDeps, body: unknown): ViewAnswer | undefined {
  const payload = viewPayload.safeParse(body).data;
  if (!payload || commandOfForm(payload.view.callback_id) === null) return undefined;
  const locale = rememberedLocale(deps, { source: sourceOfInteraction(payload), userId: payload.user.id });
  return { response_action: 'update', view: waitingView(textOf(locale)) };
}

type View = ReturnType<typeof viewPayload.parse>['view'];

/**
 * The form itself shows a fault in its values, before anything is looked up, and a price above the one on its button. Everything
 * else is said in the conversation where the run would have been.
 */
async function onCreate(deps: RequestDeps, from: Requester, view: View, acknowledge: Ack): Promise<void> {
  const asked = readCreateForm(view.state, view.private_metadata);
  const checked = asked.command.check(asked.given);
  if (checked.outcome === 'refused') {
    const text = textOf(rememberedLocale(deps, from));
    const field = fieldOfRefusal(checked.refusal, Object.keys(view.state.values), 'prompt');
    await acknowledge({ response_action: 'errors', errors: { [field]: sentence(checked.refusal, text) } });
    return;
  }
  const { channel, threadTs, fileId, credits: maxCredits } = asked;
  const again = await formAgain(deps, from, checked.values, asked, textOf(rememberedLocale(deps, from)));
  // If Slack did not wait for this answer, the form is closed by now. The conversation where the run would have been then shows
  // the price.
  if (again && (await acknowledge(again))) return;
  const fileIds = fileId === null ? [] : [fileId];
  await receive(deps, { ...from, channel, threadTs, fileIds }, async (context) => {
    const told = { ...context, request: { ...context.request, maxCredits } };
    const answer = await carryOut(told, asked.command, asked.given);
    const card = answer ? cardOf(answer, context.text) : null;
    if (card) await say(context, card);
  });
}

async function onWords(deps: RequestDeps, from: Requester, view: View, { action, id, step }: Asking): Promise<void> {
  const { words, channel, threadTs, credits: maxCredits } = readWords(view.state, view.private_metadata);
  await receive(deps, { ...from, channel, threadTs, isPress: true }, async (context) => {
    if (!(await entered(context))) return;
    const answer = await submitWords({ ...context.request, maxCredits }, action, { id, step }, words);
    const card = cardOf(answer, context.text);
    if (card) await say(context, card);
  });
}

async function onAdminForm(
  deps: RequestDeps,
  requester: Requester,
  view: View,
  command: (typeof commands)[number],
  acknowledge: Ack,
): Promise<void> {
  await receive(deps, { ...requester, fileIds: filesOfForm(view.state) }, async (context) => {
    const answer = await command.submit(await asOfNow(context), readForm(view.state));
    const field = answer.kind === 'refusal' && fieldOfRefusal(answer.refusal, Object.keys(view.state.values), '');
    if (answer.kind === 'refusal' && field) {
      const errors = { [field]: sentence(answer.refusal, context.text) };
      if (await acknowledge({ response_action: 'errors', errors })) return;
    }
    const faults = Object.entries(answer.kind === 'card' ? (answer.faults ?? {}) : {});
    if (faults.length > 0) {
      const errors = Object.fromEntries(faults.map(([name, words]) => [name, cut(words, maxFault)]));
      if (await acknowledge({ response_action: 'errors', errors })) return;
    }
    const card = cardOf(answer, context.text) ?? textCard('good', context.text.commands.settings.saved);
    const shown = cardView(card, context.text);
    if (await acknowledge({ response_action: 'update', view: shown })) return;
    await context.connection.client.views.update({ view_id: view.id, view: shown });
  });
}

/**
 * The requester's remembered language, for an answer that cannot wait for Slack. They opened the form a moment ago, so it is
 * known.
 */
function rememberedLocale(deps: RequestDeps, { source, userId }: Pick<Requester, 'source' | 'userId'>): Locale {
  const id = workspaceOf(source);
  return id ? deps.members.localeOf({ workspaceId: id, userId }) : 'en';
}
