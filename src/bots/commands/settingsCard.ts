import type { WorkspaceSettings } from '../../db/workspaces.ts';
import { runOptions } from '../../domain.ts';
import { type Card, textCard } from '../card.ts';
import { type Text, textOf } from '../text.ts';
import type { CommandRequest } from './request.ts';

/** The viewer of the settings. We hide settings that do not apply to their platform or conversation. */
export type Onlooker = Pick<CommandRequest, 'workspace' | 'locale' | 'channelIds'>;

/** Slack and the terminal have no spoilers. */
export const hasSpoilers = ({ workspace }: Onlooker): boolean => workspace.platform === 'discord';
/** Nobody needs a mention in their own terminal. */
export const hasMentions = ({ workspace }: Onlooker): boolean => workspace.platform !== 'terminal';
/** The terminal has no channels. A private conversation with the bot that is a workspace of its own has none either. */
export const hasChannels = ({ channelIds }: Onlooker): boolean => channelIds !== undefined;

const defaultOptions = runOptions.parse({});

const labels = ['style', 'quality', 'aspect', 'duration', 'resolution', 'audio'] as const;

/** The current settings. */
export function settingsCard(onlooker: Onlooker, settings: WorkspaceSettings, title: string): Card {
  const text = textOf(onlooker.locale);
  const { settings: words, options } = text.commands;
  const { defaults, blockedWords, channels, castBy, dailyRuns, spoilers, mentions, results, allowedModels } = settings;
  const shown = (option: (typeof labels)[number]) => {
    const value = defaults[option];
    return value === undefined ? words.defaultValue(plain(defaultOptions[option], text)) : plain(value, text);
  };
  const fields = [
    ...labels.map((option) => ({ label: options[option], value: shown(option) })),
    { label: words.frames, value: words.framesShown(defaults.frames ?? defaultOptions.frames) },
    { label: words.model, value: defaults.models?.join(' + ') || words.modelChosen },
    { label: words.allow, value: allowedModels.join(', ') || words.allAllowed },
    { label: words.daily, value: dailyRuns === null ? words.unlimited : String(dailyRuns) },
    ...(hasSpoilers(onlooker) ? [{ label: words.spoilers, value: plain(spoilers, text) }] : []),
    ...(hasMentions(onlooker) ? [{ label: words.mentions, value: plain(mentions, text) }] : []),
    { label: words.castBy, value: words.castByWhom[castBy] },
    { label: words.blocked, value: blockedWords.join(', ') || words.noneBlocked },
    { label: words.results, value: words.resultsShown[results] },
    ...(hasChannels(onlooker) && channels.length === 0 ? [{ label: words.channels, value: words.everywhere }] : []),
  ];
  const chosen = { kind: 'channels', label: words.channels, channelIds: channels } as const;
  const blocks: Card['blocks'] = [
    { kind: 'fields', fields },
    ...(hasChannels(onlooker) && channels.length > 0 ? [chosen] : []),
  ];
  return { ...textCard('plain', title), blocks };
}

function plain(value: string | number | boolean, text: Text): string {
  if (typeof value === 'boolean') return value ? text.commands.usage.on : text.commands.usage.off;
  return typeof value === 'number' ? text.commands.settings.seconds(value) : value;
}
