import { WebAPIPlatformError } from '@slack/web-api';
import type { WorkspaceId } from '../../domain.ts';
import type { SlackMessage } from './cardBlocks.ts';
import { refusalOf } from './client.ts';

/** A message, and the same with a carousel if it has images to choose from. */
type EitherMessage = { withCarousel: SlackMessage | null; plain: SlackMessage };

type Carousels = {
  /** Sends a message with its carousel, or without it where Slack does not take it. */
  send: <Sent>(
    id: WorkspaceId,
    message: EitherMessage,
    send: (message: SlackMessage) => Promise<Sent>,
  ) => Promise<Sent>;
};

/** Slack may bring carousels to a workspace later. Milliseconds. */
const rememberMs = 24 * 3_600_000;

/**
 * Slack introduced carousels in April 2026. It does not say which workspaces take them, so we try, and remember each workspace that
 * refused one.
 */
export function createCarousels(now: () => number = Date.now): Carousels {
  const refusedAt = new Map<WorkspaceId, number>();
  return {
    send: async (id, { withCarousel, plain }, send) => {
      const isRefused = now() - (refusedAt.get(id) ?? Number.NEGATIVE_INFINITY) < rememberMs;
      if (!withCarousel || isRefused) return await send(plain);
      try {
        return await send(withCarousel);
      } catch (error) {
        if (refusalOf(error) !== 'invalid_blocks') throw error;
        if (!isAboutFile(error)) refusedAt.set(id, now());
        return await send(plain);
      }
    },
  };
}

/** Slack refuses a message with a file that it has not processed yet, or that somebody deleted. That says nothing of carousels. */
const isAboutFile = (error: unknown): boolean =>
  error instanceof WebAPIPlatformError &&
  (error.data.response_metadata?.messages ?? []).some((message) => message.includes('slack_file'));
