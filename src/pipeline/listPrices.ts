import { kindsFor, type ProvidedKind, type RunOptions, type Workflow } from '../domain.ts';
import { type ModelChoice, resolveModels } from './models.ts';
import { imagesOf, type PlanDeps } from './plan.ts';
import { type StepPrices, tablePrices } from './pricing.ts';
import type { Capabilities } from './providers/provider.ts';
import type { Vendors } from './providers/registry.ts';
import { stepPricesOf } from './stepPrices.ts';

/** A model's prices, and whether it can look at pictures. */
export type Priced = { prices: StepPrices; capabilities: Pick<Capabilities, 'references'> };

const table: Priced = { prices: tablePrices(100), capabilities: { references: 0 } };

/**
 * The price of a run by kind of step, in credits, as far as it can be told without a plan. Left out, `pricedOf` gives the fixed table.
 * `references` is how many pictures the images follow.
 */
export function listPrices(
  workflow: Workflow,
  options: RunOptions,
  pricedOf: (kind: ProvidedKind) => Priced = () => table,
  references = 0,
): { kind: ProvidedKind; priceCredits: number }[] {
  const pictures = references + (workflow === 'edit' ? 1 : 0);
  const priceOf = (kind: ProvidedKind): number => {
    const { prices, capabilities } = pricedOf(kind);
    switch (kind) {
      case 'enhance': {
        const looks = capabilities.references > 0 ? looksOf(workflow, options) * prices.look() : 0;
        return looks + (workflow === 'edit' ? 0 : prices.enhance());
      }
      case 'image': {
        const first = prices.image(options, pictures);
        // The image of a story's first scene is a picture that the others follow.
        const isReferred = workflow === 'story' && capabilities.references > pictures;
        const next = prices.image(options, pictures + (isReferred ? 1 : 0));
        return first + (imagesOf(workflow, options) - 1) * next;
      }
      case 'video':
        return prices.film(options, [{ seconds: options.duration }]).reduce((sum, price) => sum + price, 0);
    }
  };
  return kindsFor(workflow, options).map((kind) => ({ kind, priceCredits: priceOf(kind) }));
}

/** How often the enhancer looks at a finished frame. */
function looksOf(workflow: Workflow, { scenes, frames, change }: RunOptions): number {
  switch (workflow) {
    case 'complete':
      return frames > 1 ? 0 : 1;
    case 'story':
      return scenes;
    case 'edit':
      return change === 'film' ? 1 : 0;
    case 'image':
    case 'video':
    case 'extend':
      return 0;
  }
}

/** The same prices as those of a plan: the models that the run asks for, where there are such, and else the usual ones. */
export function pricedBy(deps: PlanDeps, workspaceKeys: Vendors, choice: ModelChoice): (kind: ProvidedKind) => Priced {
  const resolved = resolveModels(deps.providers, workspaceKeys, choice);
  return (kind) => {
    const chosen = resolved.outcome === 'resolved' ? resolved.services.get(kind) : undefined;
    const service = chosen ?? deps.providers.choose(kind, workspaceKeys);
    if (!service) return table;
    return {
      prices: stepPricesOf(deps, service, kind, workspaceKeys),
      capabilities: service.provider.capabilities,
    };
  };
}
