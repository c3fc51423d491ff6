import { z } from 'zod';
import type { FreeCall } from '../adapter.ts';
import { deadlines } from '../deadlines.ts';
import { type KeyCheck, keyCheckOf } from '../keys.ts';
import { ProviderError } from '../provider.ts';
import type { Outcome } from '../providerCall.ts';
import { ask, type OpenRouterOptions, requireOpenRouterKey } from './client.ts';

const keyAnswer = z.object({
  data: z.object({
    /** In US dollars. Null: the key has no limit of its own. */
    limit_remaining: z.number().nullish().catch(null),
    is_management_key: z.boolean().nullish().catch(null),
  }),
});

/** Asks for the key itself, which is free. A management key administers other keys and can call no model. */
export async function checkOpenRouterKey(options: OpenRouterOptions, { key, signal }: FreeCall): Promise<KeyCheck> {
  const request = { method: 'GET', path: '/key', deadlineMs: deadlines.check, signal } as const;
  const outcome = await outcomeOf(async () => await ask(options, requireOpenRouterKey(key), request, keyAnswer));
  if (!outcome.ok) return keyCheckOf(outcome);
  const { limit_remaining: left, is_management_key: isManagement } = outcome.value.data;
  if (isManagement) return 'no_permission';
  return typeof left === 'number' && left <= 0 ? 'out_of_quota' : 'valid';
}

/** Returns a provider's failure as a value. */
export async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { kind, message, nothingGenerated, retryAfterMs, lacksPermission, isGone, lacksModel } = error;
    const fault = { kind, detail: message, nothingGenerated, lacksPermission, isGone, lacksModel };
    return { ok: false, fault: retryAfterMs === undefined ? fault : { ...fault, retryAfterMs } };
  }
}
