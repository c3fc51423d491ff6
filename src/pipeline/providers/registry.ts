import type { KeySource, StepKind, Vendor } from '../../domain.ts';
import type { AnyProvider, Provider } from './provider.ts';

export type Vendors = ReadonlySet<Vendor>;

/** A provider for a step, and the source of its key. */
export type Service<Step extends StepKind> = { provider: Provider<Step>; keySource: KeySource };

/** The configured providers. A step stores which provider serves it, so a run keeps its provider over restarts. */
export type Providers = {
  /**
   * The provider of a new step for a workspace that has keys of these vendors. Null if there is no key for the step. A
   * workspace's own key comes first, then the operator's, in the order in which the providers were given. The demo studio is used
   * only if there is no key at all: a demo result among real ones would mislead people.
   */
  choose: <Step extends StepKind>(step: Step, workspaceKeys: Vendors) => Service<Step> | null;
  /** The provider that a step was given to. Null if this process does not have it. */
  find: <Step extends StepKind>(step: Step, id: string, model: string) => Provider<Step> | null;
};

/** `operatorKeys` are the vendors whose keys the operator configured. `demo` is used if there is no key at all. */
export function createProviders(
  real: readonly AnyProvider[],
  demo: readonly AnyProvider[],
  operatorKeys: Vendors,
): Providers {
  const serving = <Step extends StepKind>(list: readonly AnyProvider[], step: Step): Provider<Step>[] =>
    list.filter((one) => performs(one, step));
  // A provider without a vendor signs in by itself, so a configured one is usable.
  const operatorCan = ({ vendor }: { vendor: Vendor | null }) => vendor === null || operatorKeys.has(vendor);
  return {
    choose: (step, workspaceKeys) => {
      const candidates = serving(real, step);
      const own = candidates.find(({ vendor }) => vendor !== null && workspaceKeys.has(vendor));
      if (own) return { provider: own, keySource: 'workspace' };
      const hosted = candidates.find(operatorCan);
      if (hosted) return { provider: hosted, keySource: hosted.vendor === null ? 'none' : 'operator' };
      const [played] = real.some(operatorCan) || workspaceKeys.size > 0 ? [] : serving(demo, step);
      return played ? { provider: played, keySource: 'none' } : null;
    },
    find: (step, id, model) =>
      serving([...real, ...demo], step).find((one) => one.id === id && one.model === model) ?? null,
  };
}

function performs<Step extends StepKind>(provider: AnyProvider, step: Step): provider is AnyProvider & Provider<Step> {
  return provider.step === step;
}
