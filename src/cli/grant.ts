import { randomUUID } from 'node:crypto';
import { member, text } from '../bots/terminal/person.ts';
import { changeBalance } from '../db/credits.ts';
import { findWorkspace } from '../db/workspaces.ts';
import { workspaceId } from '../domain.ts';
import { exitStatus, OperatorError } from './exit.ts';
import { withProgram } from './open.ts';
import { print, printJson } from './output.ts';

const maxCredits = 1_000_000;

type Grant = { workspace: string; amount: string; key: string | undefined; note: string | undefined; isJson: boolean };

/** `vidgenie credits grant`: the same key changes the balance once, however often you repeat the command. */
export async function grant({ workspace, amount, key, note, isJson }: Grant): Promise<number> {
  const { badGrant, granted, grantedBefore } = text.operator;
  const id = workspaceId.safeParse(workspace);
  if (!id.success) {
    const problem = id.error.issues[0]?.message ?? '';
    throw new OperatorError(badGrant.workspace(workspace, problem), exitStatus.misused);
  }
  const credits = /^\d{1,7}$/.test(amount) ? Number(amount) : 0;
  if (credits < 1 || credits > maxCredits) throw new OperatorError(badGrant.amount(amount), exitStatus.misused);

  return await withProgram({ worker: false, logLevel: 'warn' }, async ({ program }) => {
    const { db } = program.services;
    if (!(await findWorkspace(db, id.data))) throw new OperatorError(badGrant.unknown(id.data), exitStatus.failed);
    const change = await changeBalance(db, id.data, {
      kind: 'grant',
      amount: credits,
      origin: 'operator',
      key: key ?? randomUUID(),
      note: note ?? text.operator.grantNote(member.name),
      by: member.id,
    });
    if (change.outcome === 'conflict') {
      throw new OperatorError(text.operator.keyReused(id.data, change.before.amount, credits), exitStatus.failed);
    }
    if (isJson) printJson({ workspace: id.data, outcome: change.outcome, granted: credits, balance: change.balance });
    else if (change.outcome === 'repeated') print(grantedBefore(id.data, change.balance));
    else print(granted(credits, id.data, change.balance));
    return exitStatus.done;
  });
}
