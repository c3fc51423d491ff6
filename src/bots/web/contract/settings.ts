import { z } from 'zod';
import { workspaceSettings } from '../../../db/workspaces.ts';

const { defaults, blockedWords, channels, dailyRuns, spoilers, mentions, castBy, results, allowedModels } =
  workspaceSettings.shape;
/** A field that is left out stays unchanged. */
export const settingsBody = z
  .object({
    defaults: defaults.unwrap(),
    blockedWords: blockedWords.unwrap(),
    channels: channels.unwrap(),
    dailyRuns: dailyRuns.unwrap(),
    spoilers: spoilers.unwrap(),
    mentions: mentions.unwrap(),
    castBy: castBy.unwrap(),
    results: results.unwrap(),
    allowedModels: allowedModels.unwrap().meta({ description: 'Empty: members may use all. By their own names' }),
  })
  .partial()
  .meta({ id: 'NewSettings' });
export const settingsState = workspaceSettings.meta({ id: 'Settings' });
