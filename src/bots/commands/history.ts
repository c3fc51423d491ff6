import { z } from 'zod';
import { listRuns, type RunView, refundedCredits } from '../../db/runs.ts';
import { type Entry, textCard } from '../card.ts';
import { mediaOf, shortId } from '../runCard.ts';
import { type Text, textOf } from '../text.ts';
import { command } from './command.ts';
import { flagOption } from './option.ts';

const listed = 10;

export const history = command({
  name: 'history',
  describe: (text) => text.commands.describe.history,
  access: 'member',
  options: z.object({ everyone: flagOption(false, (text) => text.commands.options.everyone) }),
  run: async ({ services, workspace, member, locale }, { everyone = false }) => {
    const text = textOf(locale);
    // Other members' prompts may come from channels that this member cannot see.
    if (everyone && !member.isAdmin) {
      return { kind: 'refusal', refusal: { reason: 'admins_only', command: 'history --everyone' } };
    }
    const whose = everyone ? {} : { memberId: member.id };
    const views = await listRuns(services.db, workspace.id, { limit: listed, ...whose });
    const { title, none, firstStep } = text.commands.historyCard;
    if (views.length === 0) return { kind: 'card', card: textCard('plain', none, firstStep) };
    const entries = views.map((view) => entryOf(view, text));
    const blocks = [{ kind: 'entries', heading: '', entries }] as const;
    return { kind: 'card', card: { ...textCard('plain', title(views.length)), blocks } };
  },
});

function entryOf(view: RunView, text: Text): Entry {
  const { run } = view;
  const spent = (run.capturedCredits ?? run.priceCredits) - refundedCredits(view);
  const media = mediaOf(view, text);
  const isExpired =
    media.length === 0 && view.assets.some(({ step, removedAt }) => step !== null && removedAt !== null);
  const state = run.deletedAt ? text.runs.deleted.title.toLowerCase() : text.runs.states[run.state];
  return {
    at: run.createdAt,
    label: shortId(run.id),
    text: text.measures.few(run.prompt),
    aside: [
      state,
      text.measures.credits(spent),
      ...(isExpired && !run.deletedAt ? [text.commands.historyCard.expired] : []),
    ].join(', '),
    media,
  };
}
