import { aspects, qualities, resolutions, runOptions, styles } from '../../domain.ts';
import { maxVideoSeconds } from '../../pipeline/pricing.ts';
import { choiceOption, flagOption, secondsOption } from './option.ts';

const defaultValue = runOptions.parse({});

/** The options of a run. Each is declared once for every command that takes it. */
export const style = choiceOption(styles, defaultValue.style, (text) => text.commands.options.style);
export const quality = choiceOption(qualities, defaultValue.quality, (text) => text.commands.options.quality);
export const aspect = choiceOption(aspects, defaultValue.aspect, (text) => text.commands.options.aspect);
export const resolution = choiceOption(
  resolutions,
  defaultValue.resolution,
  (text) => text.commands.options.resolution,
);
export const audio = flagOption(defaultValue.audio, (text) => text.commands.options.audio);
export const duration = secondsOption(
  { min: 1, max: maxVideoSeconds, defaultValue: defaultValue.duration },
  (text) => text.commands.options.duration,
);
