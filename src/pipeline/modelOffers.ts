import type { WorkspaceSettings } from '../db/workspaces.ts';
import type { ProvidedKind, Workflow } from '../domain.ts';
import { kindsNamed, neededKinds, permittedFor, usableNamed } from './models.ts';
import { type GivenOptions, optionsOf, type PlanDeps, planRun } from './plan.ts';
import { total } from './pricing.ts';
import type { Capabilities } from './providers/provider.ts';
import type { Providers, Vendors } from './providers/registry.ts';
import { wishOf } from './wish.ts';

/** A word that somebody can type to choose a model: an alias of the operator, or a model's own name. */
export type ModelOffer =
  | { kind: 'alias'; word: string; models: readonly string[] }
  | { kind: 'model'; word: string; makes: ProvidedKind; title: string | null; capabilities: Capabilities };

/** A workspace, as far as it decides about models. */
export type Chooser = { brought: Vendors; settings: Pick<WorkspaceSettings, 'defaults' | 'allowedModels'> };

/** What people choose a model for, first what they care about most. */
const byInterest = ['video', 'image', 'enhance'] as const satisfies readonly ProvidedKind[];

/** The aliases, then the models, that a workspace can use and that make a step of such a run. */
export function modelOffers(
  providers: Pick<Providers, 'models' | 'aliases'>,
  { brought, settings }: Chooser,
  kinds: readonly ProvidedKind[],
): ModelOffer[] {
  const models = byInterest
    .filter((kind) => kinds.includes(kind))
    .flatMap((kind) => {
      const all = providers.models(kind, brought);
      const { usable } = permittedFor(providers, brought, kind, { all, allowed: settings.allowedModels });
      return usable.map(
        ({ provider: { model, title = null, capabilities } }): ModelOffer => ({
          kind: 'model',
          word: model,
          makes: kind,
          title,
          capabilities,
        }),
      );
    });
  const words = new Set(models.map(({ word }) => word));
  const aliases = [...providers.aliases.keys()].flatMap((alias): ModelOffer[] => {
    const usable = usableNamed(providers, brought, alias).filter((model) => words.has(model));
    return usable.length > 0 ? [{ kind: 'alias', word: alias, models: usable }] : [];
  });
  const first = models.filter(({ word }, at) => models.findIndex((one) => one.word === word) === at);
  return [...aliases, ...first];
}

/** The kinds of step for which a command can name a model. */
export const kindsToChoose = (workflow: Workflow, chosen: GivenOptions, { settings }: Chooser): ProvidedKind[] =>
  neededKinds(workflow, optionsOf(workflow, settings.defaults, chosen));

/**
 * The credits that the steps cost for which a word names a model, with these options. Null if the model cannot do what the options
 * ask for.
 */
export function priceWith(
  deps: PlanDeps,
  workflow: Workflow,
  chosen: GivenOptions,
  { brought, settings }: Chooser,
  word: string,
): number | null {
  const others = chosen.models ?? [];
  const wish = wishOf(deps.providers, brought, workflow, settings, { ...chosen, models: [word, ...others] });
  if (wish.refusal) return null;
  const planned = planRun(deps, workflow, wish.options, brought, { allowed: settings.allowedModels });
  if (planned.outcome !== 'planned') return null;
  const kinds: readonly string[] = kindsNamed(deps.providers, brought, word);
  const steps = planned.steps.filter(({ kind }) => kinds.includes(kind));
  // Images to choose from come without their video. A press makes it later, for the price of a video at once.
  const isLater = steps.length === 0 && wish.options.frames > 1;
  return isLater ? priceWith(deps, workflow, { ...chosen, frames: 1 }, { brought, settings }, word) : total(steps);
}
