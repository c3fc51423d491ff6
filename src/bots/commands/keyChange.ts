import type { Vendor } from '../../domain.ts';
import type { KeyCheck } from '../../pipeline/providers/keys.ts';

/** What came of trying to change one vendor's key. `kept`: nothing was stored, and what was there is there still. */
export type KeyChange =
  | { vendor: Vendor; outcome: 'saved'; check: KeyCheck; lastFour: string }
  | { vendor: Vendor; outcome: 'kept'; check: KeyCheck }
  | { vendor: Vendor; outcome: 'malformed' }
  | { vendor: Vendor; outcome: 'removed' | 'nothing_there' };
