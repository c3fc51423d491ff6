import type { Refusal } from './refusal.ts';
import type { CommandRequest } from './request.ts';

/** What somebody is told who gives commands faster than is good for the others; null: go on. Whoever is at the terminal runs the place. */
export async function rateLimited({ services, workspace, member }: CommandRequest): Promise<Refusal | null> {
  if (workspace.platform === 'terminal') return null;
  const pace = await services.askPace(workspace.id, member.id);
  if (pace.outcome === 'allowed') return null;
  return { reason: 'too_fast', whose: pace.whose, seconds: Math.max(1, Math.ceil(pace.retryMs / 1000)) };
}
