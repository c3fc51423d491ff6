import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import type { Secret } from '../../db/secret.ts';
import { type ProvidedKind, providedKinds, type Vendor, vendors } from '../../domain.ts';
import { keyCheckOf } from '../../pipeline/providers/keys.ts';
import type { AnyProvider } from '../../pipeline/providers/provider.ts';
import type { Providers } from '../../pipeline/providers/registry.ts';
import { vendorName } from '../../pipeline/providers/vendors.ts';
import { type Finding, fine, wrong } from './finding.ts';

const { doctor: words } = text.operator;

/** The models that make each step for a workspace without keys of its own. */
export function checkProviders(providers: Providers): Finding {
  const made = providedKinds.map((step) => [step, makerOf(providers, step)] as const);
  const models = made.flatMap(([, provider]) => provider?.model ?? []);
  const unmade = made.flatMap(([step, provider]) => (provider ? [] : [step]));
  return fine('providers', words.providersFine(models, unmade));
}

/** The provider of a step for workspaces without keys of their own. */
type Maker = Pick<AnyProvider, 'id' | 'vendor' | 'model'>;
const makerOf = (providers: Providers, step: ProvidedKind): Maker | null =>
  providers.choose(step, new Set())?.provider ?? null;

/** Checks that each of the operator's keys works and may use the models in use, and says when those retire. */
export async function checkModels(config: Config, providers: Providers, signal: AbortSignal): Promise<Finding[]> {
  const inUse = providedKinds.flatMap((step) => makerOf(providers, step) ?? []);
  const asked = vendors.flatMap((vendor) => {
    const key = config.providers.keys.get(vendor);
    return key ? [checkVendor(config, { vendor, key, inUse, signal })] : [];
  });
  return (await Promise.all([...asked, checkCloud(config, inUse, signal)])).flat();
}

type Asked = { vendor: Vendor; key: Secret; inUse: readonly Maker[]; signal: AbortSignal };

async function checkVendor(config: Config, { vendor, key, inUse, signal }: Asked): Promise<Finding[]> {
  const { listModels } = await import('../../providers.ts');
  const name = vendorName(vendor);
  const listed = await listModels(config.providers, vendor, key, signal);
  if (!listed.ok) {
    const isAway = keyCheckOf(listed) === 'unreachable';
    return [wrong('models', (isAway ? words.vendorAway : words.keyFault)(name, listed.fault.detail))];
  }
  const ofVendor = inUse.filter((provider) => provider.vendor === vendor);
  return [
    fine('models', words.modelsFine(name, listed.value.length)),
    ...ofVendor.flatMap(({ model }) => {
      const found = listed.value.find(({ id }) => id === model);
      if (!found) return [wrong('models', words.modelMissing(model, name))];
      return found.shutdownAt === null ? [] : [wrong('models', words.modelRetiring(model, dayOf(found.shutdownAt)))];
    }),
  ];
}

const dayOf = (moment: string): string => moment.slice(0, 10);

/** Veo signs in by itself and lists no models, so we ask it for the one in use. */
async function checkCloud(config: Config, inUse: readonly Maker[], signal: AbortSignal): Promise<Finding[]> {
  const { googleCloud } = config.providers;
  const veo = inUse.find(({ id }) => id === 'google-veo');
  if (!googleCloud || !veo) return [];
  const { findCloudModel } = await import('../../providers.ts');
  const found = await findCloudModel(config.providers, veo.model, signal);
  if (found === null || found.ok) return [fine('models', words.cloudFine(googleCloud.project, veo.model))];
  return [wrong('models', words.cloudFault(googleCloud.project, veo.model, found.fault.detail))];
}
