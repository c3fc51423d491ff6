import type { Acknowledge } from './acknowledge.ts';
import type { SlackMessage } from './cardBlocks.ts';
import type { SlackSource } from './workspace.ts';

/** The requester, their conversation and the ways to answer them, for all kinds of requests. */
export type Requester = {
  source: SlackSource;
  workspaceName: string;
  userId: string;
  userName: string;
  /** Null if the member is in no conversation: in App Home, or with a global shortcut. */
  channel: string | null;
  threadTs: string | null;
  /** True if the member pressed a button of a message there, or sent a form that such a button opened. */
  isPress?: boolean;
  responseUrl: string | null;
  /** True if the answer replaces the private question that it answers, so that the question's buttons disappear. */
  replacesQuestion?: boolean;
  /** Acknowledges the request with an answer. Left out where an acknowledgement takes none. */
  acknowledge?: Acknowledge<SlackMessage>;
  /** The identity of this request. A redelivery has the same key. */
  requestKey: string;
  /** The files that Slack itself attached to the request. Typed text never counts as one. */
  fileIds: readonly string[];
};
