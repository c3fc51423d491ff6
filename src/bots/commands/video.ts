import { z } from 'zod';
import { textOf } from '../text.ts';
import { aspect, audio, duration, model, resolution } from './choices.ts';
import { command } from './command.ts';
import { imageOption, optionalPromptOption } from './option.ts';
import { startRun } from './startRun.ts';

export const video = command({
  name: 'video',
  describe: (text) => text.commands.describe.video,
  access: 'member',
  startsRun: true,
  options: z.object({
    image: imageOption((text) => text.commands.options.image),
    prompt: optionalPromptOption((text) => text.commands.options.motion),
    aspect,
    duration,
    resolution,
    audio,
    model,
  }),
  run: (request, { image, prompt, model: models, ...options }) =>
    startRun(request, {
      workflow: 'video',
      prompt: prompt ?? textOf(request.locale).runs.unspokenMotion,
      options: { ...options, models },
      image,
    }),
});
