import { z } from 'zod';
import { aspect, model, quality } from './choices.ts';
import { command } from './command.ts';
import { imageOption, promptOption } from './option.ts';
import { startRun } from './startRun.ts';

export const edit = command({
  name: 'edit',
  describe: (text) => text.commands.describe.edit,
  access: 'member',
  startsRun: true,
  options: z.object({
    image: imageOption((text) => text.commands.options.toChange),
    prompt: promptOption((text) => text.commands.options.change),
    quality,
    aspect,
    model,
  }),
  run: (request, { image, prompt, model: models, ...options }) =>
    startRun(request, { workflow: 'edit', prompt, options: { ...options, models, change: 'picture' }, image }),
});
