import { member, text } from '../../bots/terminal/person.ts';
import { listWorkspaces } from '../../db/operator.ts';
import { mediaOfDeleted, mediaOfRemovedCast, purgeWorkspace, unfinishedOf } from '../../db/purge.ts';
import { findWorkspace } from '../../db/workspaces.ts';
import { exitStatus, OperatorError } from '../exit.ts';
import { withProgram } from '../open.ts';
import { print, printJson } from '../output.ts';
import { confirmed, readWorkspace } from './confirm.ts';

const words = text.operations;
const pageRows = 500;

/** `vidgenie workspaces list`: with `--json`, writes one object a line, because there may be many. */
export const list = ({ json }: { json?: true }): Promise<number> =>
  withProgram({ worker: false, logLevel: 'warn' }, async ({ program: { services } }) => {
    let after = '';
    for (;;) {
      const page = await listWorkspaces(services.db, { after, limit: pageRows });
      for (const one of page) {
        if (json) printJson(one);
        else print(words.workspaceLine(one));
      }
      const last = page.at(-1);
      if (!last || page.length < pageRows) return exitStatus.done;
      after = last.id;
    }
  });

/**
 * `vidgenie workspaces purge`: deletes keys, prompts, names and access in one transaction, then the media. If it is killed in
 * between, repeat it, or let the sweeper remove the rest.
 */
export async function purge(workspace: string, { yes, json }: { yes?: true; json?: true }): Promise<number> {
  const id = readWorkspace(workspace);
  return await withProgram({ worker: false, logLevel: 'warn' }, async ({ program: { services } }) => {
    const { db, store } = services;
    if (!(await findWorkspace(db, id))) throw new OperatorError(text.operator.badGrant.unknown(id), exitStatus.failed);
    const unfinished = await unfinishedOf(db, id);
    if (unfinished > 0) throw new OperatorError(words.unfinished(id, unfinished), exitStatus.failed);
    if (!(await confirmed(words.confirmPurge(id), yes === true))) return exitStatus.interrupted;
    // A member may have started a run while the question was open.
    const purged = await purgeWorkspace(db, id, member.id);
    if (purged.outcome === 'unfinished') throw new OperatorError(words.unfinished(id, purged.runs), exitStatus.failed);
    let objects = 0;
    const erase = async (keys: readonly string[]) => {
      for (const key of keys) await store.remove(key);
      objects += keys.length;
    };
    for await (const keys of mediaOfDeleted(db, id)) await erase(keys);
    await erase(await mediaOfRemovedCast(db, id));
    if (json) printJson({ workspace: id, outcome: 'purged', runs: purged.runs, objects });
    else print(words.purged(id, purged.runs, objects));
    return exitStatus.done;
  });
}
