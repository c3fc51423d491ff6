import { z } from 'zod';

/** The orders for a bot or a worker in its own process, so that the work of the process that drives it is not counted. */
export const processOrders = z.object({
  role: z.enum(['bot', 'worker']),
  environment: z.record(z.string(), z.string()),
  media: z.object({ image: z.string(), video: z.string() }),
  pace: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('instant') }),
    z.object({ kind: z.literal('stuck') }),
    z.object({ kind: z.literal('waiting'), pollAfterMs: z.number(), hooks: z.boolean().optional() }),
    z.object({ kind: z.literal('slots'), pollAfterMs: z.number() }),
  ]),
  visibilityMs: z.number(),
});

/**
 * The messages of the process: that it is ready, with its port; and, on request, the resources that it used since the last
 * request.
 */
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
