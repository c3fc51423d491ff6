import { aspects, qualities, resolutions, runOptions, styles } from '../../domain.ts';
import { maxVideoSeconds } from '../../pipeline/pricing.ts';
import { choiceOption, flagOption, secondsOption } from './option.ts';

const defaultOptions = runOptions.parse({});

/** The options of a run. Each is declared once for every command that takes it. */
export const style = choiceOption(styles, defaultOptions.style, (text) => text.commands.options.style);
export const quality = choiceOption(qualities, defaultOptions.quality, (text) => text.commands.options.quality);
export const aspect = choiceOption(aspects, defaultOptions.aspect, (text) => text.commands.options.aspect);
export const resolution = choiceOption(
  resolutions,
  defaultOptions.resolution,
  (text) => text.commands.options.resolution,
);
export const audio = flagOption(defaultOptions.audio, (text) => text.commands.options.audio);
export const duration = secondsOption(
  { min: 1, max: maxVideoSeconds, defaultValue: defaultOptions.duration },
  (text) => text.commands.options.duration,
);
