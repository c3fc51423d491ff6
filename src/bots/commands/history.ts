import { z } from 'zod';
import type { Tx } from '../../db/client.ts';
import { listRuns, type RunView, refundedCredits } from '../../db/runs.ts';
import { type Entry, textCard } from '../card.ts';
import { mediaOf, shortId } from '../runCard.ts';
import { type Text, textOf } from '../text.ts';
import { type Versions, versionIn, versionsOf } from '../versions.ts';
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
    const whose: { memberId?: string } = everyone ? {} : { memberId: member.id };
    const views = await listRuns(services.db, workspace.id, { limit: listed, ...whose });
    const { title, none, firstStep } = text.commands.historyCard;
    if (views.length === 0) return { kind: 'card', card: textCard('plain', none, firstStep) };
    const families = await familiesOf(services.db, views, whose.memberId);
    const entries = views.map((view) => entryOf(view, families, text));
    const blocks = [{ kind: 'entries', heading: '', entries }] as const;
    return { kind: 'card', card: { ...textCard('plain', title(views.length)), blocks } };
  },
});

/** The families of the runs that were made of another one. Several runs of a list mostly have the same. */
async function familiesOf(tx: Tx, views: readonly RunView[], memberId: string | undefined): Promise<Versions[]> {
  const families: Versions[] = [];
  for (const { run } of views) {
    if (run.parentId === null || families.some((family) => family.includes(run.id))) continue;
    families.push(await versionsOf(tx, run, memberId));
  }
  return families;
}

/** For example "v2 of 1a2b3c4d". Nothing for the first version. */
function versionMark({ run }: RunView, families: readonly Versions[], text: Text): string[] {
  const family = families.find((one) => one.includes(run.id)) ?? [];
  const [first] = family;
  const number = versionIn(family, run.id);
  return first === undefined || number === null || number === 1 ? [] : [text.runs.versions.of(number, shortId(first))];
}

function entryOf(view: RunView, families: readonly Versions[], text: Text): Entry {
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
      ...versionMark(view, families, text),
      state,
      text.measures.credits(spent),
      ...(isExpired && !run.deletedAt ? [text.commands.historyCard.expired] : []),
    ].join(', '),
    media,
  };
}
