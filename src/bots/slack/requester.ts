import type { Acknowledge } from './acknowledge.ts';
import type { SlackMessage } from './cardBlocks.ts';
import type { SlackSource } from './workspace.ts';

/** The requester, the place of the request, and the ways to answer it. All kinds of requests have these. */
export type Requester = {
  source: SlackSource;
  workspaceName: string;
  userId: string;
  userName: string;
  /** Null where somebody is in no conversation: in App Home, or with a global shortcut. */
  channel: string | null;
  threadTs: string | null;
  /** They pressed a button of a message there, or sent a form that such a button opened. */
  isPress?: boolean;
  responseUrl: string | null;
  /** The answer takes the place of the private question that it answers, so that the buttons of that go. */
  replacesQuestion?: boolean;
  /** Acknowledges the request with an answer to it; left out where an acknowledgement takes none. */
  acknowledge?: Acknowledge<SlackMessage>;
  /** The identity of this request: delivered again, it means the same. */
  requestKey: string;
  /** An image that Slack itself handed over with the request; what members type is never taken for one. */
  fileId: string | null;
};
