import { text as readText } from 'node:stream/consumers';
import type { KeyChange } from '../bots/commands/keyChange.ts';
import { changesCard, dropKey, keyFields, listKeys, setKey } from '../bots/commands/keys.ts';
import { createRequest, member, workspace as ownWorkspace, text } from '../bots/terminal/person.ts';
import { noteKeyStatus, openKey, rotateKeys } from '../db/vault.ts';
import { ensureWorkspace, findWorkspace, type Workspace } from '../db/workspaces.ts';
import { type Vendor, vendors, workspaceId } from '../domain.ts';
import { vendorName } from '../pipeline/providers/vendors.ts';
import type { Program } from '../program.ts';
import { exitStatus, OperatorError } from './exit.ts';
import { withProgram } from './open.ts';
import { print, printError, printJson } from './output.ts';
import { showCard } from './show.ts';

type Which = { workspace: string | undefined; isJson: boolean };
type Asked = Which & { vendor: string; key: string | undefined };

const { keysDone: words } = text.operator;

export const list = ({ workspace, isJson }: Which): Promise<number> =>
  asking(workspace, async (request) => {
    const listed = await listKeys(request);
    if (isJson) printJson({ keys: listed.flatMap(({ key }) => (key ? [key] : [])) });
    else for (const { label, value } of keyFields(listed, text)) print(`${label.padEnd(8)} ${value}`);
    return exitStatus.done;
  });

/** Reads the key where nobody sees it: from a hidden prompt, or from stdin if that is not a terminal. */
export async function set({ vendor, key, workspace, isJson }: Asked): Promise<number> {
  if (key !== undefined) throw new OperatorError(words.argument, exitStatus.misused);
  const known = vendorOf(vendor);
  const typed = await readKey(vendorName(known));
  if (typed === null) return exitStatus.interrupted;
  return await asking(workspace, async (request) => tell(await setKey(request, known, typed), request, isJson));
}

export const remove = ({ vendor, workspace, isJson }: Asked): Promise<number> =>
  asking(workspace, async (request) => tell(await dropKey(request, vendorOf(vendor)), request, isJson));

/** Tries the stored key and saves the vendor's verdict. */
export const check = ({ vendor, workspace, isJson }: Asked): Promise<number> =>
  asking(workspace, async (request) => {
    const known = vendorOf(vendor);
    const { services } = request;
    const slot = { workspaceId: request.workspace.id, provider: known, purpose: 'api_key' } as const;
    const use = { actor: member.id, action: 'checked' } as const;
    const secret = await openKey(services.db, services.vault.keyring, slot, use);
    if (!secret) throw new OperatorError(words.none(vendorName(known)), exitStatus.failed);
    const status = await services.vault.checkKey(known, secret, request.signal);
    const lastFour = secret.reveal().slice(-4);
    await noteKeyStatus(services.db, slot, status, lastFour, use);
    if (isJson) printJson({ vendor: known, status, lastFour });
    else print(words.checked(vendorName(known), lastFour, text.commands.keys.status[status]));
    return status === 'valid' ? exitStatus.done : exitStatus.failed;
  });

export const rotate = ({ isJson }: { isJson: boolean }): Promise<number> =>
  withProgram({ worker: false, logLevel: 'warn' }, async ({ program }) => {
    const { db, vault } = program.services;
    const rotation = await rotateKeys(db, vault.keyring, member.id);
    if (isJson) printJson({ active: vault.keyring.active, ...rotation });
    else {
      print(words.rotated(rotation.rewrapped, vault.keyring.active));
      for (const { slot, reason } of rotation.failed) {
        printError(words.rotationFailed(`${slot.workspaceId} ${slot.provider}`, reason));
      }
    }
    return rotation.failed.length === 0 ? exitStatus.done : exitStatus.failed;
  });

type Request = ReturnType<typeof createRequest>;

function asking(id: string | undefined, work: (request: Request) => Promise<number>): Promise<number> {
  return withProgram({ worker: false, logLevel: 'warn' }, async ({ program, signal }) => {
    const workspace = await workspaceOf(program, id);
    return await work({ ...createRequest(program.services, signal), workspace });
  });
}

async function workspaceOf({ services: { db, freeCredits } }: Program, id: string | undefined): Promise<Workspace> {
  if (id === undefined) {
    await ensureWorkspace(db, ownWorkspace, freeCredits);
    return ownWorkspace;
  }
  const parsed = workspaceId.safeParse(id);
  const { workspace: malformed, unknown } = text.operator.badGrant;
  if (!parsed.success) {
    throw new OperatorError(malformed(id, parsed.error.issues[0]?.message ?? ''), exitStatus.misused);
  }
  const found = await findWorkspace(db, parsed.data);
  if (!found) throw new OperatorError(unknown(parsed.data), exitStatus.failed);
  return found;
}

function vendorOf(given: string): Vendor {
  const known = vendors.find((vendor) => vendor === given);
  // We do not repeat the argument, because it may be a key in the wrong place.
  if (!known) throw new OperatorError(words.noVendor(given.length > 12 ? '…' : given), exitStatus.misused);
  return known;
}

async function tell(change: KeyChange, request: Request, isJson: boolean): Promise<number> {
  const card = changesCard([change], await listKeys(request), text);
  if (isJson) printJson(change);
  else await showCard(request.services, card);
  const isDone = change.outcome === 'saved' || change.outcome === 'removed';
  return isDone ? exitStatus.done : exitStatus.failed;
}

async function readKey(vendor: string): Promise<string | null> {
  if (!process.stdin.isTTY) return (await readText(process.stdin)).trim();
  const { isCancel, password } = await import('@clack/prompts');
  const typed = await password({ message: words.prompt(vendor), mask: '•' });
  return isCancel(typed) ? null : typed;
}
