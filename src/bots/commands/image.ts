import { z } from 'zod';
import { aspect, quality, style } from './choices.ts';
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
  }),
  run: (request, { prompt, ...options }) => startRun(request, { workflow: 'image', prompt, options, image: null }),
});
