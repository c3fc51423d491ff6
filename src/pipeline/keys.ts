import type { Db } from '../db/client.ts';
import type { Keyring } from '../db/keyring.ts';
import type { Run, Step } from '../db/runs.ts';
import type { SecretProvider } from '../db/schema.ts';
import type { Secret } from '../db/secret.ts';
import { describeKeys, noteKeyStatus, openKey } from '../db/vault.ts';
import type { WorkspaceId } from '../domain.ts';
import { type Vendor, vendors } from '../domain.ts';
import { keyCheckAfter } from './providers/keys.ts';
import { ProviderError } from './providers/provider.ts';
import type { Vendors } from './providers/registry.ts';
import { vendorName } from './providers/vendors.ts';

/** The source of the keys for a run's calls. */
export type Keys = {
  /** The vendors for which a workspace has its own key. */
  of: (workspaceId: WorkspaceId) => Promise<Vendors>;
  /**
   * The key for a call of a step. VidGenie opens it now, uses it at once and keeps it nowhere. If a workspace's key is gone, the
   * step fails: VidGenie never uses the operator's key instead.
   */
  forStep: (run: Run, step: Step, vendor: Vendor | null) => Promise<Secret | null>;
  /** The key for moderation, which is free: the workspace's key, else the operator's, else null. */
  forModeration: (workspaceId: WorkspaceId, brought: Vendors) => Promise<Secret | null>;
  /** Records what a failure says about a workspace's key, for its admins to see. */
  noteFailure: (run: Run, step: Step, vendor: Vendor | null, error: unknown) => Promise<void>;
};

const slot = (workspaceId: WorkspaceId, vendor: Vendor) =>
  ({ workspaceId, provider: vendor, purpose: 'api_key' }) as const;

/** The vendors that can perform steps, among the providers whose secrets a workspace has stored. */
export const vendorsAmong = (providers: readonly SecretProvider[]): Vendors =>
  new Set(vendors.filter((vendor) => providers.includes(vendor)));

/** `moderator`: the vendor whose moderation is used. Null if none is. */
export function createKeys(
  db: Db,
  keyring: Keyring,
  operator: ReadonlyMap<Vendor, Secret>,
  moderator: Vendor | null,
): Keys {
  const describe = async (workspaceId: WorkspaceId) =>
    (await describeKeys(db, workspaceId)).filter((key) => key.purpose === 'api_key');
  return {
    of: async (workspaceId) => vendorsAmong((await describe(workspaceId)).map((key) => key.provider)),
    forStep: async (run, step, vendor) => {
      if (vendor === null) return null;
      if (step.keySource === 'operator') return operator.get(vendor) ?? missing(vendor, "the operator's");
      const use = { actor: null, runId: run.id, step: step.kind, action: 'used' } as const;
      return (await openKey(db, keyring, slot(run.workspaceId, vendor), use)) ?? missing(vendor, "the workspace's");
    },
    forModeration: async (workspaceId, brought) => {
      const use = { actor: null, action: 'used', note: 'moderation' } as const;
      if (moderator === null) return null;
      const own = brought.has(moderator) ? await openKey(db, keyring, slot(workspaceId, moderator), use) : null;
      return own ?? operator.get(moderator) ?? null;
    },
    noteFailure: async (run, step, vendor, error) => {
      if (vendor === null || step.keySource !== 'workspace' || !(error instanceof ProviderError)) return;
      const status = keyCheckAfter(error);
      const key = (await describe(run.workspaceId)).find((one) => one.provider === vendor);
      if (status === null || !key) return;
      const use = { actor: null, runId: run.id, step: step.kind, action: 'failed' } as const;
      await noteKeyStatus(db, slot(run.workspaceId, vendor), status, key.lastFour, use);
    },
  };
}

function missing(vendor: Vendor, whose: string): never {
  throw new ProviderError('bad_key', `${whose} ${vendorName(vendor)} key is no longer there`, {
    nothingGenerated: true,
  });
}
