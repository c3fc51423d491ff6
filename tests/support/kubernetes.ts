import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { PodMonitor, PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Service } from 'kubernetes-models/v1';
import type { Manifest } from './helm.ts';

/** Each holds a manifest to the schema that Kubernetes, or whose resource it is, publishes. */
const models = [
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  Job,
  PodDisruptionBudget,
  PodMonitor,
  PrometheusRule,
  ScaledObject,
  Service,
];

/** What is wrong with a manifest by its schema, one line each. Fields that the schema does not know are wrong too. */
export function problemsOf(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest;
  const known = models.find((model) => model.apiVersion === apiVersion && model.kind === kind);
  if (!known) return [`there is no schema for ${apiVersion} ${kind}`];
  const reads: Reads = new Map();
  const problems: string[] = [];
  try {
    // A model would copy the manifest, and so read all of it.
    Reflect.apply(known.prototype.validate, watched(manifest, reads), []);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  return [...problems, ...unread(manifest.spec, 'spec', reads)];
}

// The validators ignore fields that they do not know. They read each field that they know, so a field that was never read is unknown.
type Reads = Map<object, Set<string>>;

function watched<T extends object>(target: T, reads: Reads): T {
  return new Proxy(target, {
    get: (object, name, receiver) => {
      const value: unknown = Reflect.get(object, name, receiver);
      if (typeof name === 'string') reads.set(object, (reads.get(object) ?? new Set()).add(name));
      return typeof value === 'object' && value !== null ? watched(value, reads) : value;
    },
  });
}

function unread(value: unknown, path: string, reads: Reads): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((one, index) => unread(one, `${path}[${index}]`, reads));
  return Object.entries(value).flatMap(([name, child]) =>
    reads.get(value)?.has(name) ? unread(child, `${path}.${name}`, reads) : [`${path}.${name} is no field`],
  );
}
