import { type StepKind, stepKinds } from '../domain.ts';
import { ProviderError } from '../pipeline/providers/provider.ts';

/**
 * Faults that you can request for a step of the studio: `fail` breaks down, `refuse` declines on policy grounds, `hang` never
 * ends by itself, `no_output` ends without a result.
 */
export const demoFaults = ['fail', 'refuse', 'hang', 'no_output'] as const;
export type DemoFault = (typeof demoFaults)[number];
export type DemoFaults = Partial<Record<StepKind, DemoFault>>;

export type ParsedFaults = { outcome: 'parsed'; faults: DemoFaults } | { outcome: 'invalid'; detail: string };

/** Reads a list such as `image=refuse,video=fail`. The empty text means no faults. */
export function parseDemoFaults(text: string): ParsedFaults {
  const faults: DemoFaults = {};
  for (const part of text.split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const [name = '', value = '', ...rest] = part.split('=').map((piece) => piece.trim());
    const step = stepKinds.find((known) => known === name);
    const fault = demoFaults.find((known) => known === value);
    if (step === undefined) return invalid(`"${name}" is not a step: use ${stepKinds.join(', ')}`);
    if (fault === undefined || rest.length > 0) {
      return invalid(`"${part}" names no fault: use ${step}=${demoFaults.join(`, ${step}=`)}`);
    }
    if (faults[step] !== undefined) return invalid(`${step} is named twice`);
    faults[step] = fault;
  }
  return { outcome: 'parsed', faults };
}

function invalid(detail: string): ParsedFaults {
  return { outcome: 'invalid', detail };
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
