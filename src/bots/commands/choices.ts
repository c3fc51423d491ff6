import {
  aspects,
  cuts,
  maxFrames,
  maxVariants,
  maxVideoSeconds,
  qualities,
  resolutions,
  runOptions,
  sceneCounts,
  styles,
} from '../../domain.ts';

import { storySeconds } from '../../pipeline/workflows/story.ts';
import { choiceOption, countOption, flagOption, modelOption, referenceOption, secondsOption } from './option.ts';

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

export const storyDuration = secondsOption(
  { min: storySeconds.min, max: maxVideoSeconds, defaultValue: storySeconds.usual },
  (text) => text.commands.options.storyDuration,
);
export const scenes = countOption(
  { min: sceneCounts.min, max: sceneCounts.max, defaultValue: defaultOptions.scenes },
  (text) => text.commands.options.scenes,
);
export const variants = countOption(
  { min: 1, max: maxVariants, defaultValue: defaultOptions.variants },
  (text) => text.commands.options.variants,
);
export const frames = countOption(
  { min: 1, max: maxFrames, defaultValue: defaultOptions.frames },
  (text) => text.commands.options.frames,
);
export const ref = referenceOption((text) => text.commands.options.ref);
export const cut = choiceOption(cuts, defaultOptions.cut, (text) => text.commands.options.cut);
export const model = modelOption((text) => text.commands.options.model);
