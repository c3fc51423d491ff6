import type { Run } from '../db/runs.ts';
import { platformOf } from '../domain.ts';
import { discordChannels } from './discord/conversation.ts';
import { slackChannels } from './slack/conversation.ts';

/** The channels in which a run speaks, by its platform's own ids; none for a run that speaks to nobody. */
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
