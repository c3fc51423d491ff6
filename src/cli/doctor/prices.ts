import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import type { Providers } from '../../pipeline/providers/registry.ts';
import { losesMoney, type Margin, marginsOf } from '../margins.ts';
import { nameOf } from '../prices.ts';
import { type Finding, fine, warning } from './finding.ts';

const words = text.prices.doctor;

/** Warns about models in use whose steps sell for less than their published cost. The price book sells none of them so. */
export function checkPrices({ prices, byokPricePercent }: Config, providers: Providers): Finding[] {
  const priceBook = prices.from === 'book' ? prices : null;
  const models = marginsOf({ providers, byokPricePercent, priceBook, priceFloor: prices }, prices.creditMicroUsd);
  const losing = models
    .filter(({ isUsual }) => isUsual)
    .flatMap(({ model, margins }) => {
      const [worst] = margins.filter(losesMoney).sort((a, b) => lossOf(b) - lossOf(a));
      if (!worst || worst.costMicroUsd === null) return [];
      return [words.loses(model, nameOf(worst), worst.credits, worst.costMicroUsd, worst.worthMicroUsd)];
    });
  return losing.length > 0 ? losing.map((says) => warning('prices', says)) : [fine('prices', words.noLoss)];
}

const lossOf = ({ costMicroUsd, worthMicroUsd }: Margin): number => (costMicroUsd ?? 0) - worthMicroUsd;
