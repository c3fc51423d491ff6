import { aspects, qualities, resolutions, runOptions, styles } from '../../db/vocabulary.ts';
import { longestVideoSeconds } from '../../pipeline/pricing.ts';
import { choiceOption, flagOption, secondsOption } from './option.ts';

const usual = runOptions.parse({});

/** The options of a run, each declared once for every command that takes it. */
export const style = choiceOption(styles, usual.style, (text) => text.commands.options.style);
export const quality = choiceOption(qualities, usual.quality, (text) => text.commands.options.quality);
export const aspect = choiceOption(aspects, usual.aspect, (text) => text.commands.options.aspect);
export const resolution = choiceOption(resolutions, usual.resolution, (text) => text.commands.options.resolution);
export const audio = flagOption(usual.audio, (text) => text.commands.options.audio);
export const duration = secondsOption(
  { least: 1, most: longestVideoSeconds, usual: usual.duration },
  (text) => text.commands.options.duration,
);
