import type { Run } from '../db/runs.ts';
import { platformOf } from '../domain.ts';
import * as discord from './discord/conversation.ts';
import * as slack from './slack/conversation.ts';

// Only a run's platform can read where the run posts. This file asks the right one.

type Spoken = Pick<Run, 'workspaceId' | 'platform' | 'conversation' | 'postedMessages'>;

/** The channels in which a run posts, by its platform's own ids; none for a run of the page, the API or the terminal. */
export function channelsOf(run: Spoken): readonly string[] {
  switch (platformOf(run)) {
    case 'discord':
      return discord.channelsOf(run);
    case 'slack':
      return slack.channelsOf(run);
    case 'terminal':
    case 'web':
      return [];
  }
}

/** The address of the thread in which a run posts; null when it has none. */
export function linkTo(run: Spoken): string | null {
  switch (platformOf(run)) {
    case 'discord':
      return discord.linkTo(run);
    case 'slack':
      return slack.linkTo(run);
    case 'terminal':
    case 'web':
      return null;
  }
}
