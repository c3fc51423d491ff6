import type { FailureKind, Platform, StepKind, TerminalState, Workflow } from '../domain.ts';

/** The counters of the program. Labels are few and known: they never name a workspace, a member or a run. */
export type Meter = {
  runSettled: (run: { workflow: Workflow; state: TerminalState; captured: number; released: number }) => void;
  /** From the moment at which the step was first sent until its result was kept. */
  stepDone: (step: { provider: string; kind: StepKind }, seconds: number) => void;
  providerFailed: (provider: string, kind: FailureKind) => void;
  /** `dropped`: a newer word took its place, or the platform's budget was spent. */
  edited: (platform: Platform, outcome: 'sent' | 'dropped') => void;
  /** From the arrival of a request until its platform was told that it is taken care of. */
  acknowledged: (platform: Platform, seconds: number) => void;
};

/** For a process that nobody asks. */
export const silentMeter: Meter = {
  runSettled: () => {},
  stepDone: () => {},
  providerFailed: () => {},
  edited: () => {},
  acknowledged: () => {},
};
