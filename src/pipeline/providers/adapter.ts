import type { Secret } from '../../db/secret.ts';
import type { Vendor } from '../../domain.ts';
import type { ProviderConfig } from './config.ts';
import type { KeyCheck, ListedModel } from './keys.ts';
import type { Moderate } from './moderation.ts';
import type { Outcome } from './providerCall.ts';
import type { ProviderSource } from './registry.ts';

/** The models of a vendor as VidGenie has read them last. Empty before the first look. */
export type CatalogueReader = (adapterId: string) => readonly ListedModel[];

/** A free call. `key` is null for a server that needs none. */
export type FreeCall = { key: Secret | null; signal: AbortSignal };

/** Everything that VidGenie knows about a vendor, or about a kind of server that an operator runs. */
export type Adapter = {
  /** For a vendor of the table in `src/domain.ts`: its id there. */
  id: string;
  /** The name that people read. */
  name: string;
  /** The vendor whose keys it takes. Null: a server of the operator, which needs no key of a workspace. */
  vendor: Vendor | null;
  /** Its providers. Null if the operator has not configured such a server. A vendor always has some: a workspace may bring a key. */
  source: (config: ProviderConfig, catalogue: CatalogueReader) => ProviderSource | null;
  /** Checks a key or reaches a server with a free call. */
  check: (config: ProviderConfig, call: FreeCall) => Promise<KeyCheck>;
  /** The models that a key can use, or that a server has. */
  list: (config: ProviderConfig, call: FreeCall) => Promise<Outcome<ListedModel[]>>;
  /** Its free moderation. Left out if it has none. Of several vendors the first of the table looks at everything. */
  moderation?: (config: ProviderConfig) => Moderate;
};
