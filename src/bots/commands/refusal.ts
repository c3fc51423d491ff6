import type { RunId, StepKind } from '../../domain.ts';
import type { AcceptedImage } from '../../pipeline/media/input.ts';
import type { StopCost } from '../../pipeline/stateMachine.ts';

/** The reason why a command was not carried out. Nothing was started and nothing was charged. */
export type Refusal =
  | { reason: 'unknown_command'; given: string; nearest: string | null; allowed: readonly string[] }
  | { reason: 'unknown_option'; command: string; given: string; nearest: string | null; allowed: readonly string[] }
  | { reason: 'missing_value'; option: string; allowed: Allowed }
  | { reason: 'bad_value'; option: string; given: string; nearest: string | null; allowed: Allowed }
  | { reason: 'given_twice'; option: string }
  | { reason: 'missing'; command: string; option: string }
  | { reason: 'too_long'; option: string; length: number; max: number }
  | { reason: 'unexpected_words'; command: string; words: string }
  | { reason: 'admins_only'; command: string }
  | { reason: 'insufficient'; priceCredits: number; balance: number; heldCredits: number }
  | { reason: 'busy'; max: number }
  | { reason: 'too_fast'; whose: 'member' | 'workspace'; seconds: number }
  | {
      reason: 'unsupported';
      option: string;
      value: string | number;
      allowed: readonly (string | number)[];
      model: string;
    }
  | { reason: 'elsewhere'; channels: readonly string[] }
  | { reason: 'daily_limit'; max: number; againInMs: number }
  | { reason: 'blocked'; word: string }
  | { reason: 'flagged'; categories: readonly string[] }
  | { reason: 'unmoderated'; detail: string }
  | { reason: 'no_key'; step: StepKind }
  | { reason: 'bad_image'; why: ImageFault; detail: string }
  | { reason: 'no_such_run'; given: string }
  | { reason: 'ambiguous_run'; given: string }
  | { reason: 'nothing_to_cancel' }
  | { reason: 'several_to_cancel'; runs: readonly { id: string; prompt: string }[] }
  /** Stopping costs more than the requester agreed to. `told` is the cost that we named before; 0 if we named none. */
  | { reason: 'stop_costs'; runId: RunId; cost: StopCost; told: number }
  /**
   * Starting costs more than the requester agreed to. `told` is the price that we named before; 0 if we named none. `button` is
   * the pressed button.
   */
  | { reason: 'costs_more'; priceCredits: number; told: number; button: StartButton | null }
  | { reason: 'not_your_run'; wish: 'stop' | 'delete' }
  | { reason: 'still_at_work' }
  | { reason: 'run_deleted' }
  | { reason: 'media_expired' }
  | { reason: 'nothing_to_animate' }
  | { reason: 'already_over'; id: string; state: string };

/** A button that starts a run. It keeps an edited prompt, so that the requester does not lose it. */
export type StartButton = { action: 'again' | 'animate' | 'edit'; runId: RunId; prompt: string | null };

/** The values that an option takes, for a sentence about it. */
export type Allowed =
  | { kind: 'choices'; values: readonly string[] }
  | { kind: 'whole_number'; min: number; max: number }
  | { kind: 'on_off' }
  | { kind: 'text' };

export type ImageFault = Extract<AcceptedImage, { outcome: 'refused' }>['reason'];
