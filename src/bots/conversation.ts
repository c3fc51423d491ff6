import type { Run } from '../db/runs.ts';
import { faceOf } from '../db/vocabulary.ts';
import { discordChannels } from './discord/place.ts';
import { slackChannels } from './slack/place.ts';

/** The channels in which a run speaks, by its platform's own ids; none for a run that speaks to nobody. */
export function channelsOf(run: Pick<Run, 'workspaceId' | 'face' | 'place' | 'speech'>): readonly string[] {
  switch (faceOf(run)) {
    case 'discord':
      return discordChannels(run);
    case 'slack':
      return slackChannels(run);
    case 'terminal':
    case 'web':
      return [];
  }
}
