import { z } from 'zod';

/** A bot or a worker in a process of its own, so that the work of whoever drives it is not counted. */
export const processOrders = z.object({
  role: z.enum(['bot', 'worker']),
  environment: z.record(z.string(), z.string()),
  media: z.object({ image: z.string(), video: z.string() }),
  pace: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('instant') }),
    z.object({ kind: z.literal('stuck') }),
    z.object({ kind: z.literal('waiting'), pollAfterMs: z.number() }),
  ]),
  visibilityMs: z.number(),
});

/** What the process tells: that it is ready, and where it listens; or, when asked, what it used since it was asked last. */
export const processWords = z.discriminatedUnion('word', [
  z.object({ word: z.literal('ready'), port: z.number() }),
  z.object({
    word: z.literal('used'),
    cpuMs: z.number(),
    rssMb: z.number(),
    peakMb: z.number(),
    lateMs: z.array(z.number()),
  }),
]);
