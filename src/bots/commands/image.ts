import { z } from 'zod';
import { aspect, model, quality, ref, style, variants } from './choices.ts';
import { command } from './command.ts';
import { promptOption } from './option.ts';
import { startRun } from './startRun.ts';

export const image = command({
  name: 'image',
  describe: (text) => text.commands.describe.image,
  access: 'member',
  startsRun: true,
  options: z.object({
    prompt: promptOption((text) => text.commands.options.prompt),
    style,
    quality,
    aspect,
    variants,
    ref,
    model,
  }),
  run: (request, { prompt, ref, model: models, ...options }) =>
    startRun(request, { workflow: 'image', prompt, options: { ...options, models }, image: ref ?? null }),
});
