import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Figures, LedgerFigures } from '../db/stats.ts';
import { type FailureKind, terminalStates, vendors, workflows } from '../domain.ts';
import type { Meter } from '../pipeline/meter.ts';
import type { ReadMetric } from './metricData.ts';

/** Figures that could not be read are left out, because an old number would look like a new one. */
type Known = { figures: Figures | null; ledger: LedgerFigures | null };

/** This process's counters and the database's figures, in the format of Prometheus. */
export type Metrics = {
  meter: Meter;
  contentType: string;
  expose: (known: Known) => Promise<string>;
  /** Says where the figures for {@link read} come from. Null: nobody can know them any more. */
  figuresFrom: (known: () => Promise<Known | null>) => void;
  /** The same metrics as data. */
  read: () => Promise<ReadMetric[]>;
};

/** In seconds. An acknowledgement has three seconds; a step takes from less than one second to a quarter of an hour. */
const ackBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3];
const stepBuckets = [0.5, 1, 2, 5, 10, 20, 40, 60, 120, 240, 480, 900];

const refusedKey = ['bad_key', 'quota'] as const satisfies FailureKind[];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `vidgenie_${name}`, help, labelNames, registers });

  const runs = counter('runs_settled_total', 'Runs that came to an end.', ['workflow', 'outcome']);
  // Prometheus sees no increase in a series that begins with its first run: the first failures of an installation would not count.
  for (const workflow of workflows) for (const outcome of terminalStates) runs.inc({ workflow, outcome }, 0);
  const captured = counter('credits_captured_total', 'Credits paid for what was delivered.');
  const released = counter('credits_released_total', 'Held credits that went back.');
  const failures = counter('provider_errors_total', 'Provider calls that came to nothing.', ['provider', 'kind']);
  // The same: whoever watches for refused keys wants to know of the first ones.
  for (const provider of vendors) for (const kind of refusedKey) failures.inc({ provider, kind }, 0);
  const replaced = counter('steps_replaced_total', 'Steps that another model made.', ['step', 'from', 'to']);
  const looks = counter('model_looks_total', "Daily looks at the vendors' models.", ['adapter', 'outcome']);
  const changes = counter('model_changes_total', "Changes of the vendors' models.", ['adapter', 'change']);
  const gone = new Gauge({
    name: 'vidgenie_models_gone',
    help: 'Models in use that their vendor no longer lists.',
    registers,
  });
  const hooks = counter('hooks_total', 'Calls of vendors about a step.', ['vendor', 'outcome']);
  const free = new Gauge({
    name: 'vidgenie_disk_free_bytes',
    help: 'Free bytes on the disks of this process.',
    labelNames: ['use'] as const,
    registers,
  });
  const low = new Gauge({
    name: 'vidgenie_disk_low',
    help: 'Whether this process takes no new runs because that disk is nearly full.',
    labelNames: ['use'] as const,
    registers,
  });
  const edits = counter('edits_total', 'Edits of progress messages.', ['platform', 'outcome']);
  const steps = new Histogram({
    name: 'vidgenie_step_seconds',
    help: 'From sending a step to its stored result.',
    labelNames: ['provider', 'step'] as const,
    buckets: stepBuckets,
    registers,
  });
  const acks = new Histogram({
    name: 'vidgenie_ack_seconds',
    help: 'From the arrival of a request to its acknowledgement.',
    labelNames: ['platform'] as const,
    buckets: ackBuckets,
    registers,
  });

  const meter: Meter = {
    runSettled: (run) => {
      runs.inc({ workflow: run.workflow, outcome: run.state });
      captured.inc(run.captured);
      released.inc(run.released);
    },
    stepDone: ({ provider, kind }, seconds) => steps.observe({ provider, step: kind }, seconds),
    providerFailed: (provider, kind) => failures.inc({ provider, kind }),
    stepReplaced: ({ kind, from, to }) => replaced.inc({ step: kind, from, to }),
    modelsLooked: (adapter, outcome) => looks.inc({ adapter, outcome }),
    modelChanged: (adapter, change) => changes.inc({ adapter, change }),
    modelsGone: (count) => gone.set(count),
    diskSeen: (use, freeBytes, isLow) => {
      free.set({ use }, freeBytes);
      low.set({ use }, isLow ? 1 : 0);
    },
    edited: (platform, outcome) => edits.inc({ platform, outcome }),
    hooked: (vendor, outcome) => hooks.inc({ vendor, outcome }),
    acknowledged: (platform, seconds) => acks.observe({ platform }, seconds),
  };

  let readKnown: () => Promise<Known | null> = async () => null;
  return {
    meter,
    contentType: registry.contentType,
    expose: async (known) => `${await registry.metrics()}${await registryOf(known).metrics()}`,
    figuresFrom: (known) => {
      readKnown = known;
    },
    read: async () => {
      const known = await readKnown();
      const looked = known ? await registryOf(known).getMetricsAsJSON() : [];
      return [...(await registry.getMetricsAsJSON()), ...looked];
    },
  };
}

/** The figures as gauges. */
function registryOf({ figures, ledger }: Known): Registry {
  const looked = new Registry();
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name: `vidgenie_${name}`, help, registers: [looked] }).set(value);
  gauge('database_up', 'Whether the figures of the database could be read.', figures ? 1 : 0);
  if (figures) {
    gauge('queue_depth', 'Runs that wait to be started.', figures.waitingRuns);
    gauge('queue_oldest_seconds', 'How long the oldest of them has waited.', figures.oldestWaitingSeconds);
    gauge('runs_at_work', 'Runs that were started and are not settled.', figures.atWorkRuns);
    gauge(
      'turns_due',
      'Turns of runs at work, and deliveries, that fell due and were not taken up.',
      figures.overdueRuns,
    );
    gauge('turns_due_oldest_seconds', 'How long the oldest of them has been due.', figures.oldestOverdueSeconds);
    gauge('credits_held', 'Credits held by runs that are not settled.', figures.heldCredits);
    gauge('credits_balance', 'Credits that workspaces have left.', figures.balanceCredits);
    gauge('objects_not_erased', 'Stored objects that could not be erased so far.', figures.unerasedObjects);
  }
  if (ledger) {
    gauge('ledger_discrepancies', 'Broken invariants of the ledger; 0 is right.', ledger.discrepancies);
    gauge(
      'ledger_unverified_seconds',
      'Age of the oldest transaction that is not verified yet; 0 if all are.',
      ledger.unverifiedSeconds,
    );
  }
  return looked;
}
