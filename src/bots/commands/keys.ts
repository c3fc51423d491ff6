import { z } from 'zod';
import { lastRemoval } from '../../db/audit.ts';
import { Secret } from '../../db/secret.ts';
import { describeKeys, type KeyDescription, noteKeyStatus, removeKey, storeTriedKey } from '../../db/vault.ts';
import { type Vendor, vendors } from '../../domain.ts';
import { vendorName } from '../../pipeline/providers/vendors.ts';
import { type Card, type Form, type FormField, textCard } from '../card.ts';
import { type Text, textOf } from '../text.ts';
import { command } from './command.ts';
import type { KeyChange } from './keyChange.ts';
import type { CommandRequest } from './request.ts';

type Requester = Pick<CommandRequest, 'services' | 'workspace' | 'member' | 'signal'>;

const slot = (requester: Requester, vendor: Vendor) =>
  ({ workspaceId: requester.workspace.id, provider: vendor, purpose: 'api_key' }) as const;

/** A key is 16 to 300 printable ASCII characters without spaces. */
export const keyShape = /^[\x21-\x7e]{16,300}$/;

/**
 * Tries a key with a free call and stores it if the vendor accepts it. A key without a permission or without credit is stored
 * too, and the answer says so, because that can change without a new key. A key that is invalid, or that could not be tried,
 * changes nothing. A key that was tried while the workspace removed the bot or was purged is not stored.
 */
export async function setKey(requester: Requester, vendor: Vendor, typed: string): Promise<KeyChange> {
  return await tryAndStore(requester, vendor, typed, await removalIdOf(requester));
}

const removalIdOf = async ({ services, workspace }: Requester): Promise<number | null> =>
  (await lastRemoval(services.db, workspace.id))?.id ?? null;

/** `removalId`: the id of the {@link lastRemoval} from before the first key of the same form was tried. */
async function tryAndStore(
  requester: Requester,
  vendor: Vendor,
  typed: string,
  removalId: number | null,
): Promise<KeyChange> {
  const { services, member, signal } = requester;
  const value = typed.trim();
  if (!keyShape.test(value)) return { vendor, outcome: 'malformed' };
  const key = new Secret(value);
  const check = await services.vault.checkKey(vendor, key, signal);
  if (check === 'invalid' || check === 'unreachable') {
    const use = { actor: member.id, action: 'checked', note: check } as const;
    await noteKeyStatus(services.db, slot(requester, vendor), check, value.slice(-4), use);
    return { vendor, outcome: 'kept', check };
  }
  const checked = { by: member.id, status: check, at: services.now(), removalId };
  const stored = await storeTriedKey(services.db, services.vault.keyring, slot(requester, vendor), key, checked);
  return stored ? { vendor, outcome: 'saved', check, lastFour: stored.lastFour } : { vendor, outcome: 'bot_removed' };
}

export async function dropKey(requester: Requester, vendor: Vendor): Promise<KeyChange> {
  const gone = await removeKey(requester.services.db, slot(requester, vendor), { actor: requester.member.id });
  return { vendor, outcome: gone ? 'removed' : 'nothing_there' };
}

/** The keys of a workspace that its runs can use, in the form in which they may be shown. */
export async function listKeys({ services, workspace }: Pick<Requester, 'services' | 'workspace'>) {
  const keys = await describeKeys(services.db, workspace.id);
  return vendors.map((vendor) => ({
    vendor,
    key: keys.find((key) => key.purpose === 'api_key' && key.provider === vendor) ?? null,
  }));
}

/** Answers with a private form. A key is never an option, because options stay in a history or a channel. */
export const keys = command({
  name: 'keys',
  describe: (text) => text.commands.describe.keys,
  access: 'admin',
  options: z.object({}),
  run: async (request) => ({ kind: 'form', form: formOf(await listKeys(request), textOf(request.locale)) }),
  submit: async (request, values) => {
    const removalId = await removalIdOf(request);
    const changes: KeyChange[] = [];
    const ticked = Object.entries(values).filter(([name]) => name.startsWith(removal));
    const removed = ticked.flatMap(([, value]) => value.split(','));
    for (const vendor of vendors) {
      const typed = (values[vendor] ?? '').trim();
      if (typed !== '') changes.push(await tryAndStore(request, vendor, typed, removalId));
      else if (removed.includes(vendor)) changes.push(await dropKey(request, vendor));
    }
    const text = textOf(request.locale);
    return { kind: 'card', card: changesCard(changes, await listKeys(request), text), faults: faultsOf(changes, text) };
  },
});

/** Says what is wrong with each rejected key. It also says what happened to the others, because no other message does. */
function faultsOf(changes: readonly KeyChange[], text: Text): Record<string, string> {
  const isRefused = ({ outcome }: KeyChange) =>
    outcome === 'kept' || outcome === 'malformed' || outcome === 'bot_removed';
  const others = changes.filter((change) => !isRefused(change));
  return Object.fromEntries(
    changes
      .filter(isRefused)
      .map((change) => [change.vendor, [change, ...others].map(text.commands.keys.change).join(' ')]),
  );
}

type Listed = Awaited<ReturnType<typeof listKeys>>;

/** The fields with which stored keys are ticked to be removed: one on each page. */
const removal = 'remove';
/** A page has at most five fields, and one of them is for removals. */
const vendorsOnPage = 4;

/** A field for each vendor. More vendors than a page can take are on several. */
export function formOf(listed: Listed, text: Text): Form {
  const { keys: words } = text.commands;
  const count = Math.max(1, Math.ceil(listed.length / vendorsOnPage));
  const pages = Array.from({ length: count }, (_, index) => {
    const shown = listed.slice(index * vendorsOnPage, (index + 1) * vendorsOnPage);
    const suffix = index === 0 ? '' : String(index + 1);
    const label = count === 1 ? words.title : shown.map(({ vendor }) => vendorName(vendor)).join(', ');
    return { name: `keys${suffix}`, label, fields: fieldsOf(shown, `${removal}${suffix}`, text) };
  });
  const overview = count === 1 ? null : changesCard([], listed, text);
  return { command: 'keys', title: words.title, intro: words.intro, overview, pages };
}

function fieldsOf(listed: Listed, removalName: string, text: Text): FormField[] {
  const { keys: words } = text.commands;
  const stored = listed.filter(({ key }) => key !== null);
  const removable = stored.map(({ vendor }) => ({ value: vendor, label: words.field(vendor) }));
  return [
    ...listed.map(
      ({ vendor, key }): FormField => ({
        kind: 'secret',
        name: vendor,
        label: words.field(vendor),
        hint: key ? words.stored(key.lastFour, words.status[key.status]) : words.none,
      }),
    ),
    ...(stored.length > 0
      ? [{ kind: 'ticks' as const, name: removalName, label: words.remove, choices: removable, ticked: [] }]
      : []),
  ];
}

/** The outcome of each change, and the keys as they are now. */
export function changesCard(changes: readonly KeyChange[], listed: Listed, text: Text): Card {
  const { keys: words } = text.commands;
  const went = changes.every(({ outcome }) => outcome === 'saved' || outcome === 'removed');
  const title = changes.length === 0 ? words.unchanged : went ? words.changed : words.notChanged;
  const card = textCard(changes.length === 0 ? 'plain' : went ? 'good' : 'bad', title, ...changes.map(words.change));
  return { ...card, blocks: [...card.blocks, { kind: 'fields', fields: keyFields(listed, text) }] };
}

export const keyFields = (listed: Listed, text: Text) =>
  listed.map(({ vendor, key }) => ({ label: vendorName(vendor), value: keyLine(key, text) }));

const keyLine = (key: KeyDescription | null, text: Text): string =>
  key ? text.commands.keys.stored(key.lastFour, text.commands.keys.status[key.status]) : text.commands.keys.none;
