import type { Keyring } from '../db/keyring.ts';
import { createSigner } from '../db/signer.ts';
import { type RunId, runId, type Vendor } from '../domain.ts';

/** The step that a hook is about. */
export type HookedStep = { runId: RunId; step: number };

/**
 * The last part of the address that a vendor calls. Only a process with the keyring can make one, so nobody can make up a hook,
 * whatever a vendor signs. A token names its vendor, run and step, and serves for nothing but an early look at them.
 */
export type HookTokens = {
  make: (vendor: Vendor, at: HookedStep) => string;
  /** Null for anything that {@link make} did not make for this vendor. */
  read: (vendor: Vendor, token: string) => HookedStep | null;
};

/** The scrubber knows this form, so a token that a vendor repeats is neither logged nor shown. */
const form = /^hook_([0-9a-f-]{36})_(\d{1,4})_([\w-]{43})$/;

export function createHookTokens(keyring: Keyring): HookTokens {
  const signer = createSigner(keyring, 'vidgenie hooks');
  return {
    make: (vendor, { runId: id, step }) => `hook_${id}_${step}_${signer.sign([vendor, id, String(step)])}`,
    read: (vendor, token) => {
      const [, id = '', step = '', signature = ''] = form.exec(token) ?? [];
      const known = runId.safeParse(id);
      if (!known.success || !signer.isSigned([vendor, id, step], signature)) return null;
      return { runId: known.data, step: Number(step) };
    },
  };
}
