import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import { Queue } from 'bullmq';
import type { Hono } from 'hono';
import { z } from 'zod';
import type { Secret } from '../db/secret.ts';
import { isOperator, needsOperator } from './operatorToken.ts';

const path = '/queues';

/** The adapter's types know only the Redis backend. */
const bullQueue = z.custom<Queue>((value) => value instanceof Queue);

/**
 * Adds Bull Board for anyone who has the operator's token.
 * The board is read-only. The queue keeps no truth, so there is nothing to repair in it, and no page of another site can press
 * a button of it.
 */
export function mountBoard(app: Hono, queue: unknown, token: Secret): void {
  const adapter = new HonoAdapter(serveStatic);
  createBullBoard({
    queues: [new BullMQAdapter(bullQueue.parse(queue), { readOnlyMode: true })],
    serverAdapter: adapter,
  });
  adapter.setBasePath(path);
  app.use(`${path}/*`, async (context, next): Promise<Response | undefined> => {
    if (!isOperator(context, token)) return needsOperator(context);
    if (context.req.method !== 'GET') return context.text('This board only shows.', 405);
    await next();
    context.header('cache-control', 'no-store');
    context.header('x-frame-options', 'DENY');
    context.header('x-content-type-options', 'nosniff');
    context.header('referrer-policy', 'no-referrer');
    return undefined;
  });
  app.route(path, adapter.registerPlugin());
}
