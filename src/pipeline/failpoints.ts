import type { RunId, StepKind } from '../domain.ts';

/**
 * Failpoints: the moments right after which a process may die. The program does nothing at them. The fault tests kill the process
 * at each one. A failpoint without a test does not compile.
 */
export const failpoints = [
  'run_inserted',
  'run_dispatched',
  'turn_claimed',
  'step_submitting',
  'step_sent',
  'step_submitted',
  'step_polled',
  'step_storing',
  'step_moderated',
  'object_stored',
  'step_done',
  'step_failed',
  'step_replaced',
  'run_settled',
  'run_told',
  'run_delivered',
] as const;
export type Failpoint = (typeof failpoints)[number];

export type ReachFailpoint = (failpoint: Failpoint, at: { runId: RunId; step?: StepKind; number?: number }) => void;
