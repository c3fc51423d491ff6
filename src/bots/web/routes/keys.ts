import { Secret } from '../../../db/secret.ts';
import type { Vendor } from '../../../domain.ts';
import { vendorName } from '../../../pipeline/providers/vendors.ts';
import type { KeyChange } from '../../commands/keyChange.ts';
import { dropKey, keyShape, listKeys, setKey } from '../../commands/keys.ts';
import type { Text } from '../../text.ts';
import type { Caller } from '../authenticate.ts';
import { keyBody, keyChanged, keyList, providerParams, validateBody, validated } from '../contract/keys.ts';
import type { WebDeps } from '../deps.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';
import type { Problem } from '../problem.ts';

const list = endpoint({
  method: 'get',
  path: '/api/keys',
  access: 'admin',
  summary: 'Which keys the workspace has brought; never the keys themselves',
  given: nothing,
  answers: { 200: keyList },
  answer: async ({ deps, caller, text }) => ({ status: 200, body: { keys: await presentKeys(deps, caller, text) } }),
});

async function presentKeys({ services }: WebDeps, { workspace }: Caller, text: Text) {
  const { keys: words } = text.commands;
  return (await listKeys({ services, workspace })).map(({ vendor, key }) => ({
    provider: vendor,
    name: vendorName(vendor),
    stored: key && {
      lastFour: key.lastFour,
      status: key.status,
      statusWords: words.status[key.status],
      checkedAt: key.checkedAt?.toISOString() ?? null,
      createdAt: key.createdAt.toISOString(),
    },
  }));
}

const validate = endpoint({
  method: 'post',
  path: '/api/user/api-keys/validate',
  access: 'admin',
  summary: 'Try a key with a call that costs nothing, and keep nothing of it',
  given: { ...nothing, body: validateBody },
  answers: { 200: validated },
  answer: async ({ deps, text, signal, body }) => {
    const { provider, apiKey } = body;
    const value = apiKey.trim();
    const { status } = text.commands.keys;
    const check = keyShape.test(value)
      ? await deps.services.vault.checkKey(provider, new Secret(value), signal)
      : ('invalid' as const);
    const detail = `${vendorName(provider)}: ${status[check]}`;
    return { status: 200, body: { success: true, provider, valid: check === 'valid', check, detail } };
  },
});

const put = endpoint({
  method: 'put',
  path: '/api/keys/{provider}',
  access: 'admin',
  summary: 'Try a key and store it, instead of one that may be there. What its vendor does not know changes nothing.',
  given: { ...nothing, params: providerParams, body: keyBody },
  answers: { 200: keyChanged },
  refuses: [409, 422, 503],
  answer: async ({ deps, caller, text, signal, params, body }) => {
    const change = await setKey(askerOf(deps, caller, signal), params.provider, body.apiKey);
    return await changed(deps, caller, text, change);
  },
});

const remove = endpoint({
  method: 'delete',
  path: '/api/keys/{provider}',
  access: 'admin',
  summary: 'Delete a key',
  given: { ...nothing, params: providerParams },
  answers: { 200: keyChanged },
  answer: async ({ deps, caller, text, signal, params }) => {
    const change = await dropKey(askerOf(deps, caller, signal), params.provider);
    return await changed(deps, caller, text, change);
  },
});

const askerOf = ({ services }: WebDeps, { workspace, member }: Caller, signal: AbortSignal) => ({
  services,
  workspace,
  member,
  signal,
});

async function changed(deps: WebDeps, caller: Caller, text: Text, change: KeyChange) {
  const detail = text.commands.keys.change(change);
  switch (change.outcome) {
    case 'kept':
      return { refused: notKept(change.vendor, change.check, detail, text) };
    case 'malformed':
      return { refused: notKept(change.vendor, 'invalid', detail, text) };
    case 'bot_removed':
      return { refused: notKept(change.vendor, null, detail, text) };
    case 'saved':
    case 'removed':
    case 'nothing_there': {
      const keys = await presentKeys(deps, caller, text);
      const { outcome } = change;
      return { status: 200, body: { success: true, outcome, detail, keys } } as const;
    }
  }
}

/** `check` is null if the key was not refused for what it is. */
function notKept(vendor: Vendor, check: string | null, detail: string, text: Text): Problem {
  const title = text.commands.keys.notChanged;
  const status = check === null ? 409 : check === 'unreachable' ? 503 : 422;
  const facts = { provider: vendor, ...(check !== null && { check }) };
  return { status, reason: 'key_not_saved', title, detail, facts };
}

export const keyEndpoints: readonly Endpoint[] = [list, validate, put, remove];
