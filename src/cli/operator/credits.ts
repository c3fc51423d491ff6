import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { member, text } from '../../bots/terminal/person.ts';
import type { Db } from '../../db/client.ts';
import { changeBalance, type LedgerRow } from '../../db/credits.ts';
import { ledgerPage } from '../../db/operator.ts';
import { findWorkspace } from '../../db/workspaces.ts';
import type { WorkspaceId } from '../../domain.ts';
import { exitStatus, OperatorError } from '../exit.ts';
import { withProgram } from '../open.ts';
import { print, printJson } from '../output.ts';
import { confirmed, readNumber, readWorkspace } from './confirm.ts';

const words = text.operations;

type Adjust = { key?: string; note?: string; yes?: true; json?: true };

/** `vidgenie credits adjust`: adds or removes credits, never below zero, and once for each key. */
export async function adjust(workspace: string, amount: string, { key, note, yes, json }: Adjust): Promise<number> {
  const id = readWorkspace(workspace);
  const credits = readNumber(amount, words.amount, -1_000_000, 1_000_000);
  if (credits === 0)
    throw new OperatorError(words.badNumber(words.amount, amount, -1_000_000, 1_000_000), exitStatus.misused);
  return await withProgram({ worker: false, logLevel: 'warn' }, async ({ program: { services } }) => {
    if (!(await findWorkspace(services.db, id))) {
      throw new OperatorError(text.operator.badGrant.unknown(id), exitStatus.failed);
    }
    if (credits < 0 && !(await confirmed(words.confirmAdjust(-credits, id), yes === true)))
      return exitStatus.interrupted;
    const change = await changeBalance(services.db, id, {
      kind: 'adjust',
      amount: credits,
      origin: 'operator',
      key: key ?? randomUUID(),
      note: note ?? words.adjustNote(member.name),
      by: member.id,
    });
    if (change.outcome === 'conflict') {
      throw new OperatorError(text.operator.keyReused(id, change.before.amount, credits), exitStatus.failed);
    }
    if (change.outcome === 'insufficient') {
      throw new OperatorError(words.tooPoor(id, change.balance, -credits), exitStatus.failed);
    }
    if (json) printJson({ workspace: id, outcome: change.outcome, adjusted: credits, balance: change.balance });
    else if (change.outcome === 'repeated') print(text.operator.grantedBefore(id, change.balance));
    else print(words.adjusted(credits, id, change.balance));
    return exitStatus.done;
  });
}

const columns = ['id', 'at', 'workspace', 'run', 'kind', 'amount', 'balance_after', 'held_after', 'note'] as const;
const pageRows = 1_000;

/** `vidgenie credits export`: writes the ledger as CSV to stdout, oldest first. A million rows need no more memory than one. */
export async function exportLedger({ workspace }: { workspace?: string }): Promise<number> {
  const workspaceId = workspace === undefined ? null : readWorkspace(workspace);
  return await withProgram({ worker: false, logLevel: 'warn' }, async ({ program: { services }, signal }) => {
    const { stringify } = await import('csv-stringify');
    // Spreadsheets must not run a note that begins like a formula.
    const csv = stringify({ header: true, columns: [...columns], escape_formulas: true });
    await pipeline(records(services.db, workspaceId, services.now()), csv, process.stdout, { signal, end: false });
    return exitStatus.done;
  });
}

/** We leave out rows that arrive while we write. */
async function* records(db: Db, workspaceId: WorkspaceId | null, before: Date) {
  let after = 0;
  for (;;) {
    const page: LedgerRow[] = await ledgerPage(db, { workspaceId, after, before, limit: pageRows });
    const last = page.at(-1);
    if (!last) return;
    for (const row of page) {
      const { id, createdAt, runId, kind, amount, balanceAfter, heldAfter, note } = row;
      yield [id, createdAt.toISOString(), row.workspaceId, runId ?? '', kind, amount, balanceAfter, heldAfter, note];
    }
    after = last.id;
  }
}
