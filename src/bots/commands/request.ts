import type { Readable } from 'node:stream';
import type { QueuePosition } from '../../db/queuePosition.ts';
import type { RunView } from '../../db/runs.ts';
import type { Workspace } from '../../db/workspaces.ts';
import type { JsonValue, Member, Platform, RunId, RunOptions, Workflow } from '../../domain.ts';
import type { Card, Form } from '../card.ts';
import type { Services } from '../services.ts';
import type { Locale } from '../text.ts';
import type { Refusal } from './refusal.ts';

/** Everything that a command may know about who asks, where, and by what means; each face fills it in. */
export type CommandRequest = {
  services: Services;
  workspace: Workspace;
  member: Member;
  /** The platform's own identity of this command: delivered twice, it starts one run. */
  requestKey: string;
  /** The face by which it came, where that is not the workspace's own. */
  platform?: Platform;
  /** Where a run that this command starts is to speak. */
  conversation: JsonValue;
  /** How long that run waits for the message that answers the command; left out where it posts every message of its own. */
  waitsForAnswerMs?: number;
  /** The channel in which it was given, and whatever that belongs to; left out where a face has no channels. */
  channelIds?: readonly string[] | undefined;
  /** Given by a button, or a form behind one, on a message: the platform vouches that whoever pressed it has that message before them. */
  isPress?: boolean;
  locale: Locale;
  /** The most that it may cost, because that is what whoever asks was told; left out, they are told now, or take it as it is. */
  maxCredits?: number;
  /** Resolves what the member gave as an image: a path in the terminal, an attachment's id in a chat. Null: there is none. */
  openImage: (reference: string) => Promise<string | Uint8Array | Readable | null>;
  signal: AbortSignal;
};

/** What a command comes to; every face shows each kind in its own way. */
export type Answer =
  /** `faults`: what is wrong with which field of the form that it answers, for a face that can say so there. */
  | { kind: 'card'; card: Card; faults?: Readonly<Record<string, string>> }
  /** A card about a run, and the run as it stands. */
  | { kind: 'status'; card: Card; view: RunView }
  /** A card, and a run that it is about: its face may follow it until it is settled. */
  | { kind: 'stopping'; card: Card; runId: RunId }
  | { kind: 'run'; runId: RunId; workflow: Workflow; prompt: string; started: Started | null }
  | { kind: 'form'; form: Form }
  | { kind: 'refusal'; refusal: Refusal };

/** Null in an answer when the same command had been delivered before: the run is there already. `queue`: where it waits. */
export type Started = { priceCredits: number; balance: number; options: RunOptions; queue: QueuePosition };
