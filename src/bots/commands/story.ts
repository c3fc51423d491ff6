import { z } from 'zod';
import { aspect, audio, cut, model, quality, ref, resolution, scenes, storyDuration, style } from './choices.ts';
import { command } from './command.ts';
import { promptOption } from './option.ts';
import { startRun } from './startRun.ts';

export const story = command({
  name: 'story',
  describe: (text) => text.commands.describe.story,
  access: 'member',
  startsRun: true,
  options: z.object({
    prompt: promptOption((text) => text.commands.options.story),
    scenes,
    duration: storyDuration,
    cut,
    ref,
    style,
    quality,
    aspect,
    resolution,
    audio,
    model,
  }),
  run: (request, { prompt, ref, model: models, ...options }) =>
    startRun(request, { workflow: 'story', prompt, options: { ...options, models }, image: ref ?? null }),
});
