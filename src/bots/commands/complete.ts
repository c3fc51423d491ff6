import { z } from 'zod';
import { aspect, audio, duration, quality, resolution, style } from './choices.ts';
import { command } from './command.ts';
import { promptOption } from './option.ts';
import { startRun } from './startRun.ts';

export const complete = command({
  name: 'complete',
  describe: (text) => text.commands.describe.complete,
  access: 'member',
  startsRun: true,
  options: z.object({
    prompt: promptOption((text) => text.commands.options.prompt),
    style,
    quality,
    aspect,
    duration,
    resolution,
    audio,
  }),
  run: (request, { prompt, ...options }) => startRun(request, { workflow: 'complete', prompt, options, image: null }),
});
