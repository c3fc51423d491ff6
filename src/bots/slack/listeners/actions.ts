import { runId } from '../../../db/vocabulary.ts';
import { commands } from '../../commands/all.ts';
import type { Asker } from '../asker.ts';
import { cardOf, carryOut, type DeskNeeds, receive, say } from '../desk.ts';
import { actionPayload, sourceOfInteraction } from '../payloads.ts';
import { openAdminForm, openCreateForm } from './modals.ts';

/** A press on a button. Its name holds the action and the run, or the form to open; a name that is neither is an old one, or a link. */
export async function onAction(needs: DeskNeeds, body: unknown): Promise<void> {
  const it = actionPayload.parse(body);
  const [pressed] = it.actions;
  if (!pressed) return;
  const { message, trigger_id: triggerId } = it;
  const asker: Asker = {
    source: sourceOfInteraction(it),
    workspaceName: it.team?.domain ?? it.team?.id ?? '',
    userId: it.user.id,
    userName: it.user.username ?? it.user.name ?? it.user.id,
    channel: it.channel?.id ?? null,
    threadTs: message ? (message.thread_ts ?? message.ts) : null,
    responseUrl: it.response_url ?? null,
    requestKey: `slack:action:${triggerId ?? pressed.action_ts ?? ''}:${pressed.action_id}`,
    fileId: null,
  };
  const [version, name, subject = ''] = pressed.action_id.split(':');
  if (version === 'open' && triggerId) {
    if (name === 'create') {
      return await openCreateForm(needs, asker, triggerId, { workflow: 'complete', prompt: null, on: null });
    }
    const command = commands.find((one) => one.name === name && one.access === 'admin');
    if (command) await openAdminForm(needs, asker, triggerId, command);
    return;
  }
  const id = runId.safeParse(subject);
  if (version !== 'v1' || !id.success) return;
  await receive(needs, asker, async (visit) => {
    const command = commands.find((one) => one.name === name);
    if (!command || name !== 'cancel') return;
    const answer = await carryOut(visit, command, { run: id.data });
    const card = answer ? cardOf(answer, visit.text) : null;
    if (card) await say(visit, card);
  });
}
