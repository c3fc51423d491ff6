import { z } from 'zod';
import { aspect, audio, duration, frames, model, quality, ref, resolution, style } from './choices.ts';
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
    frames,
    ref,
    model,
  }),
  run: (request, { prompt, ref, model: models, ...options }) =>
    startRun(request, { workflow: 'complete', prompt, options: { ...options, models }, image: ref ?? null }),
});
