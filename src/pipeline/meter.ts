import type { FailureKind, Platform, StepKind, TerminalState, Vendor, Workflow } from '../domain.ts';
import type { ChangeKind } from './changes.ts';

/** A part of VidGenie that writes to a disk of this machine. */
export type DiskUse = 'home' | 'media' | 'database';

/** `doubtful`: the list was so short that it is not believed yet. */
export type LookOutcome = 'read' | 'failed' | 'doubtful';

/** `ignored`: the step is over, or was looked at a moment ago. `refused`: the address was not made by VidGenie. */
type HookOutcome = 'taken' | 'ignored' | 'refused';

/** VidGenie's metrics. Labels have few, known values and never name a workspace, a member or a run. */
export type Meter = {
  runSettled: (run: { workflow: Workflow; state: TerminalState; captured: number; released: number }) => void;
  /** In seconds, from the first time the step was sent until its result was stored. */
  stepDone: (step: { provider: string; kind: StepKind }, seconds: number) => void;
  providerFailed: (provider: string, kind: FailureKind) => void;
  /** Another model makes a step. `from` and `to` are the providers of both. */
  stepReplaced: (step: { kind: StepKind; from: string; to: string }) => void;
  /** The end of a daily look at the models of a vendor. */
  modelsLooked: (adapter: string, outcome: LookOutcome) => void;
  modelChanged: (adapter: string, what: ChangeKind) => void;
  /** How many models that are in use have left their vendor's list. */
  modelsGone: (count: number) => void;
  /** The free bytes of the disk that this process uses so, and whether it takes no new runs because of that. */
  diskSeen: (use: DiskUse, freeBytes: number, isLow: boolean) => void;
  /** `dropped`: a newer update replaced it, or the platform's edit budget was used up. */
  edited: (platform: Platform, outcome: 'sent' | 'dropped') => void;
  /** In seconds, from the arrival of a request until VidGenie acknowledged it to the platform. */
  acknowledged: (platform: Platform, seconds: number) => void;
  /** A vendor's call about a step arrived. */
  hooked: (vendor: Vendor, outcome: HookOutcome) => void;
};

/** For a process without metrics. */
export const silentMeter: Meter = {
  runSettled: () => {},
  stepDone: () => {},
  providerFailed: () => {},
  stepReplaced: () => {},
  modelsLooked: () => {},
  modelChanged: () => {},
  modelsGone: () => {},
  diskSeen: () => {},
  edited: () => {},
  acknowledged: () => {},
  hooked: () => {},
};
