import { ProviderError } from '../pipeline/providers/provider.ts';

/**
 * Faults that you can request for a step of the studio: `fail` breaks down, `refuse` declines on policy grounds, `hang` never
 * ends by itself, `no_output` ends without a result.
 */
export const demoFaults = ['fail', 'refuse', 'hang', 'no_output'] as const;
export type DemoFault = (typeof demoFaults)[number];

/** The steps that the studio performs. */
export const demoSteps = ['enhance', 'image', 'video'] as const;
export type DemoStep = (typeof demoSteps)[number];

/** By step for all its calls, as `image`, or for one call of each run, as `image#2`. */
export type DemoFaults = Partial<Record<DemoStep | `${DemoStep}#${number}`, DemoFault>>;

export type ParsedFaults = { outcome: 'parsed'; faults: DemoFaults } | { outcome: 'invalid'; detail: string };

/** Reads a list such as `image=refuse,video#3=fail`. The empty text means no faults. */
export function parseDemoFaults(text: string): ParsedFaults {
  const faults: DemoFaults = {};
  for (const part of text.split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const [name = '', value = '', ...rest] = part.split('=').map((piece) => piece.trim());
    const [kind = '', number] = name.split(/#(.*)/);
    const step = demoSteps.find((known) => known === kind);
    const fault = demoFaults.find((known) => known === value);
    if (step === undefined) return invalid(`"${kind}" is not a step: use ${demoSteps.join(', ')}`);
    if (number !== undefined && !/^[1-9]\d{0,2}$/.test(number)) {
      return invalid(`"${name}" names no call: use ${step}#1, ${step}#2, …`);
    }
    if (fault === undefined || rest.length > 0) {
      return invalid(`"${part}" names no fault: use ${name}=${demoFaults.join(`, ${name}=`)}`);
    }
    const struck = number === undefined ? step : (`${step}#${Number(number)}` as const);
    if (faults[struck] !== undefined) return invalid(`${struck} is named twice`);
    faults[struck] = fault;
  }
  return { outcome: 'parsed', faults };
}

function invalid(detail: string): ParsedFaults {
  return { outcome: 'invalid', detail };
}

/** More runs than a process works on at a time. The counts of older ones are forgotten. */
const maxCountedRuns = 1_000;

/** Returns the fault of the next call that a run makes for a step. This process counts the calls in memory. */
export function createFaultPicker(faults: DemoFaults): (step: DemoStep, runId: string) => DemoFault | undefined {
  const counts = new Map<string, number>();
  return (step, runId) => {
    const key = `${step} ${runId}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.delete(key);
    counts.set(key, count);
    const [oldest] = counts.keys();
    if (counts.size > maxCountedRuns * demoSteps.length && oldest !== undefined) counts.delete(oldest);
    return faults[`${step}#${count}`] ?? faults[step];
  };
}

/** The error of a fault that occurs at once. A refusal comes before any work, so it has cost nothing. */
export function faultError(fault: Exclude<DemoFault, 'hang'>): ProviderError {
  switch (fault) {
    case 'fail':
      return new ProviderError('unavailable', 'the demo studio was told to fail');
    case 'refuse':
      return new ProviderError('refused', 'the demo studio was told to refuse', { nothingGenerated: true });
    case 'no_output':
      return new ProviderError('no_output', 'the demo studio was told to deliver nothing');
  }
}
