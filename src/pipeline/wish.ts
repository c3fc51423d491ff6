import type { WorkspaceSettings } from '../db/workspaces.ts';
import type { RunOptions, Workflow } from '../domain.ts';
import { withAbleDefaults } from './ableDefaults.ts';
import { neededKinds, type WordRefusal, wishedModels } from './models.ts';
import { offerOf } from './offer.ts';
import { type GivenOptions, optionsOf } from './plan.ts';
import type { Providers, Vendors } from './providers/registry.ts';

/**
 * The options of a run that a command asks for, with the models that its member and its workspace want, and with lengths and sizes that
 * these can make where nobody has chosen any.
 */
export function wishOf(
  providers: Pick<Providers, 'choose' | 'models' | 'aliases'>,
  brought: Vendors,
  workflow: Workflow,
  { defaults, allowedModels: allowed }: Pick<WorkspaceSettings, 'defaults' | 'allowedModels'>,
  chosen: GivenOptions,
): { options: RunOptions; refusal: WordRefusal | null } {
  const asked = optionsOf(workflow, defaults, chosen);
  const wished = wishedModels(providers, brought, {
    words: chosen.models ?? [],
    defaults: defaults.models ?? [],
    allowed,
    workflow,
    kinds: neededKinds(workflow, asked),
  });
  if (wished.outcome !== 'wished') return { options: asked, refusal: wished };
  const offer = offerOf(providers, workflow, brought, { words: wished.models, allowed });
  return { options: { ...withAbleDefaults(asked, [defaults, chosen], offer), models: wished.models }, refusal: null };
}
