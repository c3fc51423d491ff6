import type { ProvidedKind } from '../domain.ts';
import type { AnyService } from './models.ts';
import { bookPrices, dearerPrices, type PriceBook, type StepPrices, tablePrices } from './pricing.ts';
import type { Providers, Vendors } from './providers/registry.ts';

/** The facts besides the model on which prices depend. */
export type PriceDeps = {
  providers: Pick<Providers, 'choose'>;
  /** The price of a step on the workspace's own key, in percent of its normal price. */
  byokPricePercent: number;
  /** How a vendor's prices become credits. Null: steps cost what the fixed table says. */
  priceBook: PriceBook | null;
  /**
   * With the fixed table: a model that somebody has chosen instead of the usual one of its kind costs at least what this price book says,
   * because the table was made for the usual models. Left out: it costs what the table says.
   */
  priceFloor?: PriceBook;
};

/** The provider of what VidGenie does itself, such as words by rules. It costs nothing. */
const ownWork = 'vidgenie';

/** The prices of a model's steps for a workspace that has keys of these vendors. The table serves where no price of the model is known. */
export function stepPricesOf(
  { providers, byokPricePercent, priceBook, priceFloor }: PriceDeps,
  { provider, keySource }: AnyService,
  kind: ProvidedKind,
  workspaceKeys: Vendors,
): StepPrices {
  if (provider.id === ownWork) return tablePrices(0);
  const percent = keySource === 'workspace' ? byokPricePercent : 100;
  if (priceBook) return bookPrices(provider.prices, priceBook, percent);
  const table = tablePrices(percent);
  const usual = providers.choose(kind, workspaceKeys)?.provider;
  const isUsual = usual?.id === provider.id && usual.model === provider.model;
  if (isUsual || !priceFloor || !provider.prices) return table;
  return dearerPrices(table, bookPrices(provider.prices, priceFloor, percent));
}
