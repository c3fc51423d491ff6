import type { RunId, StepKind } from '../domain.ts';

/**
 * What the bot says, free of any platform. All text is plain: each face escapes it for its own markup, for some of it are words that
 * members typed.
 */
export type Card = {
  tone: Tone;
  title: string;
  blocks: readonly Block[];
  media: readonly CardMedia[];
  buttons: readonly Button[];
};

export type Tone = 'plain' | 'working' | 'good' | 'warning' | 'bad';

export type Block =
  | { kind: 'text'; text: string }
  /** An address of ours, to be opened; never one that somebody else wrote. */
  | { kind: 'link'; label: string; url: string }
  /** Characters of ours that somebody copies, each of which counts: no face may escape, wrap or cut them. */
  | { kind: 'code'; characters: string }
  /** Words that belong side by side where there is room, for example a prompt and what became of it. */
  | { kind: 'quotes'; quotes: readonly Quote[] }
  | { kind: 'fields'; fields: readonly { label: string; value: string }[] }
  /** Channels by their ids on the platform, which each face shows by their names. */
  | { kind: 'channels'; label: string; channelIds: readonly string[] }
  | { kind: 'progress'; steps: readonly StepLine[] }
  | { kind: 'entries'; heading: string; entries: readonly Entry[] };

export type Quote = { label: string; text: string };

export type StepLine = {
  kind: StepKind;
  label: string;
  state: 'waiting' | 'working' | 'done' | 'failed' | 'skipped';
  /** 0 to 100. */
  percent: number;
  /** A few words: what it took, or how long it may still take. */
  note: string;
};

/** A line of a list: something that happened at some moment. */
export type Entry = { at: Date | null; label: string; text: string; aside: string; media: readonly CardMedia[] };

export type CardMedia = {
  kind: 'image' | 'video';
  label: string;
  objectKey: string;
  mime: string;
  width: number;
  height: number;
  /** Null for an image. */
  seconds: number | null;
  bytes: number;
};

/** What a button on a run can do; `actions/` carries it out. */
export const actions = ['cancel', 'again', 'edit', 'animate', 'delete'] as const;
export type Action = (typeof actions)[number];

/** What a button can do: an action, or nothing, for whoever was asked and thought better of it. */
export const buttonActions = [...actions, 'keep'] as const;
export type ButtonAction = (typeof buttonActions)[number];

/**
 * Buttons carry all that a face needs, after any restart: the action, the run, and the credits that a press was said to cost, which are
 * the most that it may cost. A button that says no price may cost nothing: whoever presses it is told the price first.
 */
export type Button = {
  action: ButtonAction;
  runId: RunId;
  label: string;
  style: 'plain' | 'danger';
  credits?: number;
};

/**
 * Choices to be made, in a modal or in a terminal; `command` takes the values, of all pages or of one. A page has at most five
 * fields, for Discord takes no more at once. The overview is what a face shows that must ask page by page.
 */
export type Form = { command: string; title: string; intro: string; pages: readonly FormPage[]; overview: Card | null };

export type FormPage = { name: string; label: string; fields: readonly FormField[] };

export type FormField =
  | {
      kind: 'choice';
      name: string;
      label: string;
      choices: readonly { value: string; label: string }[];
      value: string;
    }
  /** Any number of choices; their values come back separated by commas, and so do those of channels. */
  | {
      kind: 'ticks';
      name: string;
      label: string;
      choices: readonly { value: string; label: string }[];
      ticked: readonly string[];
    }
  | { kind: 'channels'; name: string; label: string; hint: string; max: number; channelIds: readonly string[] }
  | { kind: 'text'; name: string; label: string; hint: string; maxLength: number; isLong: boolean; value: string }
  /** Typed without being shown, never filled in beforehand; empty means unchanged. */
  | { kind: 'secret'; name: string; label: string; hint: string };

export const textCard = (tone: Tone, title: string, ...paragraphs: readonly string[]): Card => ({
  tone,
  title,
  blocks: paragraphs.map((text) => ({ kind: 'text', text })),
  media: [],
  buttons: [],
});
