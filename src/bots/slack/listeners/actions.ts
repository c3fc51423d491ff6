import { z } from 'zod';
import { runId } from '../../../db/vocabulary.ts';
import { performAction } from '../../actions/perform.ts';
import { buttonActions, textCard } from '../../card.ts';
import { commands } from '../../commands/all.ts';
import type { Asker } from '../asker.ts';
import { cardOf, type DeskNeeds, entered, receive, say, type Visit } from '../desk.ts';
import { actionPayload, sourceOfInteraction } from '../payloads.ts';
import { takeBack } from '../takeBack.ts';
import { openAdminForm, openCreateForm, openEditForm } from './modals.ts';

/** A press on a button. Its name holds the action and the run, or the form to open; a name that is neither is an old one, or a link. */
export async function onAction(needs: DeskNeeds, body: unknown): Promise<void> {
  const it = actionPayload.parse(body);
  const [pressed] = it.actions;
  if (!pressed) return;
  const { message, container, trigger_id: triggerId } = it;
  const asker: Asker = {
    source: sourceOfInteraction(it),
    workspaceName: it.team?.domain ?? it.team?.id ?? '',
    userId: it.user.id,
    userName: it.user.username ?? it.user.name ?? it.user.id,
    channel: it.channel?.id ?? null,
    threadTs: message ? (message.thread_ts ?? message.ts) : (container?.thread_ts ?? null),
    isPress: true,
    responseUrl: it.response_url ?? null,
    replacesQuestion: container?.is_ephemeral ?? false,
    requestKey: `slack:action:${triggerId ?? pressed.action_ts ?? ''}:${pressed.action_id}`,
    fileId: null,
  };
  const [version, name, subject = '', credits = '0'] = pressed.action_id.split(':');
  if (version === 'open' && triggerId) {
    if (name === 'create') {
      return await openCreateForm(needs, asker, triggerId, { workflow: 'complete', prompt: null, on: null });
    }
    const command = commands.find((one) => one.name === name && one.access === 'admin');
    if (command) await openAdminForm(needs, asker, triggerId, command);
    return;
  }
  const id = runId.safeParse(subject);
  const known = z.enum(buttonActions).safeParse(name);
  if (version !== 'v1' || !id.success || !known.success || !/^\d{1,9}$/.test(credits)) return;
  const action = known.data;
  if (action === 'edit') {
    if (triggerId) await openEditForm(needs, asker, triggerId, id.data);
    return;
  }
  await receive(needs, asker, async (visit) => {
    if (action === 'keep') {
      const { title, text } = visit.text.runs.canceling.keeps;
      return await say(visit, textCard('plain', title, text));
    }
    const startsRun = action === 'again' || action === 'animate';
    if (startsRun && !(await entered(visit))) return;
    const answer = await performAction({ ...visit.request, maxCredits: Number(credits) }, action, id.data);
    await show(visit, answer);
  });
}

async function show(visit: Visit, answer: Awaited<ReturnType<typeof performAction>>): Promise<void> {
  switch (answer.kind) {
    case 'deleted':
      await takeBack(visit, answer.view);
      return await say(visit, answer.card);
    case 'edit':
      return;
    default: {
      const card = cardOf(answer, visit.text);
      if (card) await say(visit, card);
    }
  }
}
