import type { Readable } from 'node:stream';
import type { QueuePosition } from '../../db/queuePosition.ts';
import type { RunView } from '../../db/runs.ts';
import type { Workspace } from '../../db/workspaces.ts';
import type { JsonValue, Member, Platform, RunId, RunOptions, Workflow } from '../../domain.ts';
import type { Card, Form } from '../card.ts';
import type { Services } from '../services.ts';
import type { Locale } from '../text.ts';
import type { Refusal } from './refusal.ts';

/** Everything that a command may know about its requester, their conversation and their means. Each platform fills it in. */
export type CommandRequest = {
  services: Services;
  workspace: Workspace;
  member: Member;
  /** The platform's own identity of this command. A command that is delivered twice starts one run. */
  requestKey: string;
  /** The platform that delivered the command, if it is not the workspace's own. */
  platform?: Platform;
  /** The conversation for a run that this command starts. */
  conversation: JsonValue;
  /**
   * How long that run waits for the message that answers the command. Left out if the platform posts every message of the run
   * itself.
   */
  waitsForAnswerMs?: number;
  /** The channel of the command, and the channels that contain it. Left out if the platform has no channels. */
  channelIds?: readonly string[] | undefined;
  /**
   * The command comes from a button on a message, or from a form behind such a button. The platform vouches that the requester
   * sees that message.
   */
  isPress?: boolean;
  locale: Locale;
  /**
   * The most that the command may cost, because the requester was told this price. If it is left out, we tell them now, or they
   * accept any price.
   */
  maxCredits?: number;
  /**
   * Resolves the member's reference to an image: a path in the terminal, an attachment's id in a chat. Null: there is no such
   * image.
   */
  openImage: (reference: string) => Promise<string | Uint8Array | Readable | null>;
  signal: AbortSignal;
};

/** The answer to a command. Each platform shows each kind in its own way. */
export type Answer =
  /** `faults`: what is wrong with each field of the submitted form, for a platform that can show it beside the field. */
  | { kind: 'card'; card: Card; faults?: Readonly<Record<string, string>> }
  /** A card about a run, and the current state of the run. */
  | { kind: 'status'; card: Card; view: RunView }
  /** A card and its run. The platform may follow the run until it is settled. */
  | { kind: 'stopping'; card: Card; runId: RunId }
  | { kind: 'run'; runId: RunId; workflow: Workflow; prompt: string; started: Started | null }
  | { kind: 'form'; form: Form }
  | { kind: 'refusal'; refusal: Refusal };

/**
 * An answer holds null here if the same command was delivered before: the run exists already. `models`: those that were asked for and
 * make a step. `queue`: its queue position.
 */
export type Started = {
  priceCredits: number;
  balance: number;
  options: RunOptions;
  models: readonly string[];
  queue: QueuePosition;
};
