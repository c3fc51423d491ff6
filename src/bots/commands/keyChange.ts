import type { Vendor } from '../../domain.ts';
import type { KeyCheck } from '../../pipeline/providers/keys.ts';

/**
 * The outcome of changing one vendor's key. `kept`: nothing was stored, and the previous key is still there. `bot_removed`: nothing was
 * stored, because the workspace removed the bot or was purged while the key was tried.
 */
export type KeyChange =
  | { vendor: Vendor; outcome: 'saved'; check: KeyCheck; lastFour: string }
  | { vendor: Vendor; outcome: 'kept'; check: KeyCheck }
  | { vendor: Vendor; outcome: 'malformed' | 'bot_removed' }
  | { vendor: Vendor; outcome: 'removed' | 'nothing_there' };
