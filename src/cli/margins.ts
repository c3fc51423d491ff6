import { type ProvidedKind, providedKinds, type RunOptions } from '../domain.ts';
import { costOf, type Work } from '../pipeline/cost.ts';
import type { AnyService } from '../pipeline/models.ts';
import type { StepPrices } from '../pipeline/pricing.ts';
import type { Providers } from '../pipeline/providers/registry.ts';
import { type PriceDeps, stepPricesOf } from '../pipeline/stepPrices.ts';
import { chainOf, lengthsOf } from '../pipeline/workflows/chain.ts';

/** The price of a typical step and the charge of its vendor. Amounts are in millionths of a US dollar. */
export type Margin = {
  step:
    | { kind: 'enhance' }
    | { kind: 'image'; quality: RunOptions['quality']; aspect: RunOptions['aspect'] }
    | { kind: 'video'; seconds: number; resolution: RunOptions['resolution'] };
  credits: number;
  worthMicroUsd: number;
  /** Null if no published price is known. */
  costMicroUsd: number | null;
};

export type ModelMargins = {
  kind: ProvidedKind;
  provider: string;
  model: string;
  /** Whether runs use it unless they ask for another model. */
  isUsual: boolean;
  isDemo: boolean;
  margins: Margin[];
};

export const losesMoney = ({ costMicroUsd, worthMicroUsd }: Margin): boolean =>
  costMicroUsd !== null && costMicroUsd > worthMicroUsd;

/** The part of the price that is left after the vendor's charge, in percent, rounded down. Null if the charge is not known. */
export function marginPercent({ costMicroUsd, worthMicroUsd }: Margin): number | null {
  if (costMicroUsd === null || worthMicroUsd === 0) return null;
  return Math.floor((100 * (worthMicroUsd - costMicroUsd)) / worthMicroUsd);
}

/** The margins of all models that a workspace without keys of its own can use, those in use first. */
export function marginsOf(
  deps: PriceDeps & { providers: Pick<Providers, 'choose' | 'models'> },
  creditMicroUsd: number,
): ModelMargins[] {
  const nobody = new Set<never>();
  return providedKinds.flatMap((kind) =>
    deps.providers.models(kind, nobody).map((service: AnyService, index) => ({
      kind,
      provider: service.provider.id,
      model: service.provider.model,
      isUsual: index === 0,
      isDemo: service.provider.id === 'demo',
      margins: marginsOfModel(service, kind, stepPricesOf(deps, service, kind, nobody), creditMicroUsd),
    })),
  );
}

function marginsOfModel(
  { provider: { capabilities, prices } }: AnyService,
  kind: ProvidedKind,
  sold: StepPrices,
  creditMicroUsd: number,
): Margin[] {
  const of = (step: Margin['step'], credits: number, works: readonly Work[]): Margin => {
    const costs = works.flatMap((work) => costOf(prices, work) ?? []);
    const isKnown = costs.length === works.length;
    return {
      step,
      credits,
      worthMicroUsd: credits * creditMicroUsd,
      costMicroUsd: isKnown ? costs.reduce((sum, cost) => sum + cost, 0) : null,
    };
  };
  switch (kind) {
    case 'enhance':
      return [of({ kind }, sold.enhance(), [{ kind }])];
    case 'image':
      return capabilities.qualities.flatMap((quality) =>
        (['square', 'wide'] as const)
          .filter((aspect) => capabilities.aspects.includes(aspect))
          .map((aspect) =>
            of({ kind, quality, aspect }, sold.image({ quality, aspect }, 0), [{ kind, quality, aspect, pictures: 0 }]),
          ),
      );
    case 'video':
      return capabilities.resolutions.flatMap((resolution) =>
        typicalLengths(capabilities, resolution).map((seconds) => {
          const calls = chainOf(capabilities, resolution, seconds) ?? [];
          const price = sold.film({ duration: seconds, resolution, audio: true }, calls);
          const works = calls.map((call): Work => ({ kind, seconds: call.seconds, resolution, audio: true }));
          const credits = price.reduce((sum, one) => sum + one, 0);
          return of({ kind, seconds, resolution }, credits, works);
        }),
      );
  }
}

/** In seconds: a clip as it is usually asked for, the longest one of a single call, and a story. */
function typicalLengths(capabilities: AnyService['provider']['capabilities'], resolution: RunOptions['resolution']) {
  const able = lengthsOf(capabilities, resolution);
  const nearest = (wanted: number) => [...able].sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted)).at(0);
  const longest = able.filter((one) => capabilities.durations.includes(one)).at(-1);
  const lengths = [nearest(8), longest, nearest(30)].flatMap((one) => one ?? []);
  return [...new Set(lengths)].sort((a, b) => a - b);
}
