import type { Run } from '../db/runs.ts';
import { faceOf } from '../db/vocabulary.ts';
import { discordPlace, discordSpeech } from './discord/place.ts';
import { slackPlace } from './slack/place.ts';

/** The channels and threads in which a run speaks, by its platform's own ids; none for a run that speaks to nobody. */
export function channelsOf(run: Pick<Run, 'workspaceId' | 'face' | 'place' | 'speech'>): readonly string[] {
  switch (faceOf(run)) {
    case 'discord': {
      const place = discordPlace.safeParse(run.place).data;
      if (!place) return [];
      const threadId = discordSpeech.safeParse(run.speech).data?.threadId ?? null;
      return threadId === null ? [place.channelId] : [place.channelId, threadId];
    }
    case 'slack': {
      const place = slackPlace.safeParse(run.place).data;
      return place ? [place.channel] : [];
    }
    case 'terminal':
    case 'web':
      return [];
  }
}
