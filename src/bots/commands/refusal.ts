import type { CommandedWorkflow, ProvidedKind, RunId, Workflow } from '../../domain.ts';
import type { NoEntry, NotAdded, RemoveOutcome } from '../../pipeline/castEntries.ts';
import type { AcceptedImage } from '../../pipeline/media/input.ts';
import type { StopCost } from '../../pipeline/stateMachine.ts';
import type { StartingAction } from '../card.ts';

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
  /** A disk of this VidGenie is nearly full. */
  | { reason: 'no_room' }
  | { reason: 'too_fast'; whose: 'member' | 'workspace'; seconds: number }
  | {
      reason: 'unsupported';
      option: string;
      value: string | number;
      allowed: readonly (string | number)[];
      model: string;
    }
  /** The prompt names `@name`, and the workspace's cast has nobody of that name. */
  | { reason: 'not_in_cast'; name: string; nearest: string | null }
  /** No model and no alias of that name can be used here. */
  | { reason: 'unknown_model'; option: string; word: string; nearest: string | null }
  /** The workspace's admins allow only the models of `allowed` for such steps. */
  | { reason: 'model_not_allowed'; option: string; model: string; allowed: readonly string[] }
  /** The run has no step that such a model makes. `works`: the commands that have one. */
  | {
      reason: 'unused_model';
      option: string;
      word: string;
      makes: readonly ProvidedKind[];
      workflow: Workflow;
      works: readonly CommandedWorkflow[];
    }
  /** The run of the button was made with this model, and nobody can use it here any more. */
  | { reason: 'model_gone'; model: string }
  /** The model looks at `max` pictures and would have to look at `needed`. `able` is a model that can. */
  | { reason: 'too_many_references'; needed: number; max: number; model: string; able: string | null }
  /** Nothing was added to the cast, shown or removed. */
  | { reason: 'cast'; why: CastRefusal }
  /** No model takes references beside the first frame of a video. */
  | { reason: 'no_cast_in_video' }
  | { reason: 'no_ending'; model: string }
  /** Nothing here makes images to choose from: the model for videos begins with the words. */
  | { reason: 'no_frames'; model: string }
  | { reason: 'nothing_to_change' }
  /** The run has several images, with the numbers of `allowed`, and no other. Null: the requester named none of them. */
  | { reason: 'no_such_image'; given: number | null; allowed: readonly number[] }
  /** The run whose results the proposal was about was deleted, or nobody made such a proposal here. */
  | { reason: 'no_such_proposal' }
  | { reason: 'elsewhere'; channels: readonly string[] }
  | { reason: 'daily_limit'; max: number; againInMs: number }
  | { reason: 'blocked'; word: string }
  | { reason: 'flagged'; categories: readonly string[] }
  | { reason: 'unmoderated'; detail: string }
  | { reason: 'no_key'; step: ProvidedKind }
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
  /** There is no film any more that could be made longer, or nothing left of an unfinished run. */
  | { reason: 'nothing_to_extend' }
  | { reason: 'already_over'; id: string; state: string };

/**
 * A button that starts a run. It keeps the words of its form, so that the requester does not lose them. `proposal`: it carries out
 * this proposal.
 */
export type StartButton = {
  action: StartingAction;
  runId: RunId;
  step: number | null;
  prompt: string | null;
  proposal?: string;
};

/** The values that an option takes, for a sentence about it. */
export type Allowed =
  | { kind: 'choices'; values: readonly string[] }
  | { kind: 'whole_number'; min: number; max: number }
  | { kind: 'on_off' }
  | { kind: 'models'; max: number }
  | { kind: 'text' };

export type CastRefusal =
  | Exclude<NotAdded, { outcome: 'admins_only' }>
  | NoEntry
  | Extract<RemoveOutcome, { outcome: 'not_yours' }>;

export type ImageFault = Extract<AcceptedImage, { outcome: 'refused' }>['reason'];
