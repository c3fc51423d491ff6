import { z } from 'zod';
import { accountOf, type ListedTransaction, listTransactions } from '../../db/credits.ts';
import { usageOf } from '../../db/creditUse.ts';
import type { Member } from '../../domain.ts';
import { runNamedIn } from '../actions/permission.ts';
import { type Entry, textCard } from '../card.ts';
import { shortId } from '../runCard.ts';
import { type Text, textOf } from '../text.ts';
import { command } from './command.ts';

const listed = 10;

export const credits = command({
  name: 'credits',
  describe: (text) => text.commands.describe.credits,
  access: 'member',
  options: z.object({}),
  run: async ({ services, workspace, member, locale }) => {
    const text = textOf(locale);
    const { creditsCard } = text.commands;
    const [account, usage, rows] = await Promise.all([
      accountOf(services.db, workspace.id),
      usageOf(services.db, workspace.id),
      listTransactions(services.db, workspace.id, { limit: listed }),
    ]);
    const fields = [
      { label: creditsCard.balance, value: text.measures.credits(account.balance) },
      { label: creditsCard.held, value: text.measures.credits(account.held) },
      { label: creditsCard.usage, value: `${usage.day}, ${usage.week}, ${usage.month}` },
    ];
    const entries = rows.map((row) => entryOf(row, member, text));
    const blocks = [
      { kind: 'fields', fields },
      { kind: 'entries', heading: creditsCard.latest, entries },
    ] as const;
    return { kind: 'card', card: { ...textCard('plain', creditsCard.title(account.balance)), blocks } };
  },
});

/** A hold takes credits from the balance. A capture does not, because it takes credits that were held. */
function entryOf(row: ListedTransaction, member: Member, text: Text): Entry {
  const { kinds, run, othersRun } = text.commands.creditsCard;
  const named = runNamedIn(row, member);
  const about = named === null ? othersRun : run(shortId(named));
  return {
    at: row.createdAt,
    label: `${row.amount} ${kinds[row.kind]}`,
    text: row.runId === null ? row.note : about,
    aside: text.measures.left(row.balanceAfter),
    media: [],
  };
}
