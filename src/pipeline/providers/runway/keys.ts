import { z } from 'zod';
import type { FreeCall } from '../adapter.ts';
import { deadlines } from '../deadlines.ts';
import { type KeyCheck, keyCheckOf, type ListedModel } from '../keys.ts';
import { attempt, type Outcome } from '../providerCall.ts';
import { type RunwayOptions, requireRunwayKey, runwayClient, runwayExchange } from './client.ts';

const organization = z.object({
  creditBalance: z.number(),
  tier: z.object({
    models: z.record(z.string(), z.object({ maxDailyGenerations: z.number().nullish().catch(null) })),
  }),
});

/** The balance and the limits of a key's account. The call is free. */
const account = (options: RunwayOptions, call: FreeCall): Promise<Outcome<z.infer<typeof organization>>> =>
  attempt(runwayExchange(call, deadlines.check), async (line) => {
    const client = await runwayClient(options, requireRunwayKey(call.key), line);
    return organization.parse(await client.organization.retrieve());
  });

export async function checkRunwayKey(options: RunwayOptions, call: FreeCall): Promise<KeyCheck> {
  const found = await account(options, call);
  return found.ok && found.value.creditBalance <= 0 ? 'out_of_quota' : keyCheckOf(found);
}

/** The models for which the account has a limit that is not zero. Runway announces no shutdown dates here. */
export async function listRunwayModels(options: RunwayOptions, call: FreeCall): Promise<Outcome<ListedModel[]>> {
  const found = await account(options, call);
  if (!found.ok) return found;
  const limits = Object.entries(found.value.tier.models);
  const open = limits.filter(([, { maxDailyGenerations }]) => maxDailyGenerations !== 0);
  return { ok: true, value: open.map(([id]) => ({ id, shutdownAt: null })) };
}
