import type { Refusal } from './refusal.ts';
import type { CommandRequest } from './request.ts';

/** What somebody is told who gives commands faster than is good for the others; null: go on. Whoever is at the terminal runs the place. */
export async function rateLimited({ services, workspace, member }: CommandRequest): Promise<Refusal | null> {
  if (workspace.platform === 'terminal') return null;
  const limit = await services.consumeRateLimit(workspace.id, member.id);
  if (limit.outcome === 'allowed') return null;
  return { reason: 'too_fast', whose: limit.whose, seconds: Math.max(1, Math.ceil(limit.retryMs / 1000)) };
}
