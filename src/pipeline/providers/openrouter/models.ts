import type { JsonValue } from '../../../domain.ts';
import type { Capabilities, ModelPrices } from '../provider.ts';

/** A model as its provider shows it, and what only requests for it need. */
export type KnownModel = {
  shown: { model: string; title?: string; capabilities: Capabilities; prices: ModelPrices | null };
  extra: JsonValue;
};
