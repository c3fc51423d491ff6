import type { Secret } from '../../db/secret.ts';
import type { Vendor } from '../../domain.ts';

export type ModerationInput = { text?: string; images?: readonly { bytes: Uint8Array; mime: string }[] };

/** `categories` are the vendor's own names, for example `violence/graphic`. `unreachable` says nothing about the content. */
export type Moderation =
  | { outcome: 'clean' }
  | { outcome: 'flagged'; categories: readonly string[] }
  | { outcome: 'unreachable'; detail: string };

/** Looks at text and pictures for nothing. It never throws. */
export type Moderate = (input: ModerationInput, call: { key: Secret; signal: AbortSignal }) => Promise<Moderation>;

/** The vendor whose keys open its moderation. */
export type Moderator = { vendor: Vendor; moderate: Moderate };
