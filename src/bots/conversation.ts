import type { Run } from '../db/runs.ts';
import { platformOf } from '../domain.ts';
import { discordChannels } from './discord/conversation.ts';
import { slackChannels } from './slack/conversation.ts';

/** The channels in which a run posts, by the ids of its platform. Empty for a run that posts to nobody. */
export function channelsOf(
  run: Pick<Run, 'workspaceId' | 'platform' | 'conversation' | 'postedMessages'>,
): readonly string[] {
  switch (platformOf(run)) {
    case 'discord':
      return discordChannels(run);
    case 'slack':
      return slackChannels(run);
    case 'terminal':
    case 'web':
      return [];
  }
}
