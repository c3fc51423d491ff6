import { member, text } from '../bots/terminal/person.ts';
import { createToken, listTokens, revokeToken } from '../db/auth.ts';
import { findWorkspace, type Workspace } from '../db/workspaces.ts';
import { type TokenScope, tokenScopes, workspaceId } from '../domain.ts';
import type { Program } from '../program.ts';
import { exitStatus, OperatorError } from './exit.ts';
import { withProgram } from './open.ts';
import { print, printJson } from './output.ts';

const { tokens: words } = text.operator;

type Which = { workspace: string; isJson: boolean };

/** Makes a token. Only this command can make one that changes a balance. */
export async function create(asked: Which & { scope: string; label: string | undefined }): Promise<number> {
  const scope = tokenScopes.find((one) => one === asked.scope);
  if (!scope) throw new OperatorError(words.badScope(asked.scope, tokenScopes), exitStatus.misused);
  return await within(asked.workspace, (program, workspace) => make(program, workspace, scope, asked));
}

async function make(
  { services }: Program,
  { id }: Workspace,
  scope: TokenScope,
  { label, isJson }: { label: string | undefined; isJson: boolean },
): Promise<number> {
  const wish = { workspaceId: id, scope, label: label ?? text.web.tokens.unnamed, createdBy: member.id };
  const made = await createToken(services.db, wish);
  if (isJson) printJson({ ...made.token, token: made.words });
  else print(made.words, text.web.tokens.once);
  return exitStatus.done;
}

export const list = ({ workspace, isJson }: Which): Promise<number> =>
  within(workspace, async ({ services }, { id }) => {
    const tokens = await listTokens(services.db, id);
    if (isJson) printJson({ tokens });
    else if (tokens.length === 0) print(words.none(id));
    else for (const one of tokens) print(`${one.id}  ${one.scope.padEnd(8)} …${one.lastFour}  ${one.label}`);
    return exitStatus.done;
  });

export const revoke = ({ workspace, token, isJson }: Which & { token: string }): Promise<number> =>
  within(workspace, async ({ services }, { id }) => {
    const gone = await revokeToken(services.db, id, token, member.id);
    if (!gone) throw new OperatorError(text.web.tokens.unknown(token), exitStatus.failed);
    if (isJson) printJson(gone);
    else print(text.web.tokens.revoked(gone.label));
    return exitStatus.done;
  });

async function within(
  given: string,
  work: (program: Program, workspace: Workspace) => Promise<number>,
): Promise<number> {
  const id = workspaceId.safeParse(given);
  const { badGrant } = text.operator;
  if (!id.success) {
    throw new OperatorError(badGrant.workspace(given, id.error.issues[0]?.message ?? ''), exitStatus.misused);
  }
  return await withProgram({ worker: false, logLevel: 'warn' }, async ({ program }) => {
    const workspace = await findWorkspace(program.services.db, id.data);
    if (!workspace) throw new OperatorError(badGrant.unknown(id.data), exitStatus.failed);
    return await work(program, workspace);
  });
}
