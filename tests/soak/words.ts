import { z } from 'zod';

/** The orders for a bot or a worker of the soak, in a process of its own. */
export const soakOrders = z.object({
  role: z.enum(['bot', 'worker']),
  environment: z.record(z.string(), z.string()),
  media: z.object({ image: z.string(), video: z.string() }),
});

/** What a process holds, after it has collected its garbage. */
const sample = z.object({
  rssMb: z.number(),
  heapMb: z.number(),
  externalMb: z.number(),
  /** How many objects of each kind there are, if they were counted, and by how much collections have grown. */
  kept: z.record(z.string(), z.number()),
  gained: z.record(z.string(), z.number()),
  /** Open file descriptors: files, sockets and pipes. */
  files: z.number(),
  /** What keeps the event loop busy: sockets, timers, requests, processes. */
  handles: z.number(),
  /** How late the event loop was since the last sample, in milliseconds. */
  lagP99Ms: z.number(),
  lagMaxMs: z.number(),
  /** Warnings of Node, such as too many listeners of one event. */
  warnings: z.array(z.string()),
});
export type Sample = z.infer<typeof sample>;

export const soakWords = z.discriminatedUnion('word', [
  z.object({ word: z.literal('ready'), port: z.number() }),
  z.object({ word: z.literal('sample'), sample }),
]);
