import type { RunId, StepKind } from '../domain.ts';

/**
 * A message of the bot, free of any platform. All text is plain. Each platform escapes it for its own markup, because some of
 * it was typed by members.
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
  /** A link to one of our own addresses; never an address that somebody else wrote. */
  | { kind: 'link'; label: string; url: string }
  /** Characters of ours that somebody copies. Each one counts, so no platform may escape, wrap or cut them. */
  | { kind: 'code'; characters: string }
  /** Texts that stand side by side if there is room, for example a prompt and the prompt that was made of it. */
  | { kind: 'quotes'; quotes: readonly Quote[] }
  | { kind: 'fields'; fields: readonly { label: string; value: string }[] }
  /** Channels by their ids on the platform. Each platform shows their names. */
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
  /** A short text: the time that it took, or the time that it may still take. */
  note: string;
};

/** A line of a list: an event and its time. */
export type Entry = { at: Date | null; label: string; text: string; aside: string; media: readonly CardMedia[] };

export type CardMedia = {
  /** The number of the step that made it. */
  step: number;
  kind: 'image' | 'video';
  label: string;
  objectKey: string;
  mime: string;
  width: number;
  height: number;
  /** Null for an image. */
  seconds: number | null;
  bytes: number;
  /** Moderation has flagged it, so nobody sees it without asking to. */
  isSpoiler?: boolean;
};

/** Actions that start a run at once. */
export const directActions = ['continue', 'again', 'animate', 'vary', 'better', 'extend'] as const;
/** Actions that ask for words in a form first, and then start a run. */
export const askingActions = ['edit', 'change', 'reanimate', 'lastFrame', 'ending', 'remix'] as const;
export type DirectAction = (typeof directActions)[number];
export type AskingAction = (typeof askingActions)[number];
export type StartingAction = DirectAction | AskingAction;

/** The actions of a button on a run. `actions/` carries them out. `show` posts its result again, with its buttons. */
export const actions = [...directActions, ...askingActions, 'cancel', 'show', 'delete'] as const;
export type Action = (typeof actions)[number];

export const isDirect = (action: string): action is DirectAction => directActions.some((one) => one === action);
export const isAsking = (action: string): action is AskingAction => askingActions.some((one) => one === action);

/**
 * The actions of a button. `keep` does nothing, for a member who decides against it. `start` carries out a proposal (see
 * `actions/propose.ts`).
 */
export const buttonActions = [...actions, 'keep', 'start'] as const;
export type ButtonAction = (typeof buttonActions)[number];

/**
 * A button carries everything that a platform needs, after any restart: the action, the run, and the credits that we named as
 * its cost, which are the most that a press may cost. A press of a button without a price may cost nothing: we tell the price
 * first.
 */
export type Button = {
  action: ButtonAction;
  runId: RunId;
  label: string;
  style: 'plain' | 'danger';
  credits?: number;
  /** The number of the step whose result the action is about. Left out if it is about the whole run. */
  step?: number;
  /** For `start`: the id of the proposal. */
  proposal?: string;
  /**
   * `choice`: one of at most four buttons that stand in a row of their own, for the images in their order. `menu`: an entry of the
   * menu beside the buttons. Left out for one of at most five buttons.
   */
  place?: 'choice' | 'menu';
};

/**
 * Choices in a modal or in a terminal. `command` takes the values of all pages or of one. A page has at most five fields,
 * because Discord takes no more at once. A platform that must ask page by page shows the overview.
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
  /** Any number of choices. Their values come back separated by commas, and so do those of channels. */
  | {
      kind: 'ticks';
      name: string;
      label: string;
      choices: readonly { value: string; label: string }[];
      ticked: readonly string[];
    }
  | { kind: 'channels'; name: string; label: string; hint: string; max: number; channelIds: readonly string[] }
  /**
   * Up to `max` images, at least one. Their values are references that the request's `openImage` resolves, separated by line breaks.
   */
  | { kind: 'images'; name: string; label: string; hint: string; max: number }
  | { kind: 'text'; name: string; label: string; hint: string; maxLength: number; isLong: boolean; value: string }
  /** Typed without being shown, never filled in beforehand. An empty value means unchanged. */
  | { kind: 'secret'; name: string; label: string; hint: string };

export const textCard = (tone: Tone, title: string, ...paragraphs: readonly string[]): Card => ({
  tone,
  title,
  blocks: paragraphs.map((text) => ({ kind: 'text', text })),
  media: [],
  buttons: [],
});
