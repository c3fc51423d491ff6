import type { Refusal } from './refusal.ts';
import type { CommandRequest } from './request.ts';

/**
 * The refusal for a member who gives commands too fast for the others. Null: go on. The person at the terminal is the operator
 * and has no limit.
 */
export async function rateLimited({ services, workspace, member }: CommandRequest): Promise<Refusal | null> {
  if (workspace.platform === 'terminal') return null;
  const limit = await services.consumeRateLimit(workspace.id, member.id);
  if (limit.outcome === 'allowed') return null;
  return { reason: 'too_fast', whose: limit.whose, seconds: Math.max(1, Math.ceil(limit.retryMs / 1000)) };
}
