import type { Step } from '../../db/runs.ts';
import type { JsonValue, ProvidedKind, Vendor } from '../../domain.ts';
import { type Call, type Provider, ProviderError, type Submitted } from '../providers/provider.ts';
import type { Turn } from '../turnContext.ts';

/**
 * In milliseconds. How often VidGenie asks about a step whose vendor will say when it is over. It is the safety net for a hook that
 * gets lost, so it is also the most that such a loss costs a member.
 */
const safetyNetMs = 180_000;

type Hooking<Kind extends ProvidedKind> = Pick<Provider<Kind>, 'vendor' | 'awaitsHook'>;

/**
 * Sends a step, and asks its vendor for a hook if it has them. If the vendor refuses the request before any hook of it has ever
 * arrived, the hook may be the reason. The request is then sent once more without it: nothing was generated, so this is still the
 * one paid call of the step.
 */
export function sendWithHook<Kind extends ProvidedKind>(
  turn: Turn,
  step: Step,
  { vendor, awaitsHook }: Hooking<Kind>,
  call: Call,
  send: (call: Call) => Promise<Submitted<Kind>>,
): Promise<Submitted<Kind>> {
  const at = { runId: turn.lease.runId, step: step.number };
  const hook = awaitsHook && vendor !== null ? turn.deps.hooks.addressOf(vendor, at) : null;
  return vendor === null || hook === null ? send(call) : sendOrWithout(turn, vendor, { ...call, hook }, send);
}

async function sendOrWithout<Sent>(
  { deps: { hooks } }: Turn,
  vendor: Vendor,
  { hook, ...plain }: Call & Required<Pick<Call, 'hook'>>,
  send: (call: Call) => Promise<Sent>,
): Promise<Sent> {
  await hooks.listen();
  try {
    return await send({ ...plain, hook });
  } catch (error) {
    const isRefused = error instanceof ProviderError && error.kind === 'invalid_request' && error.nothingGenerated;
    if (!isRefused || error.lacksModel || hooks.areHeard(vendor)) throw error;
  }
  const sent = await send(plain);
  hooks.noteRefused(vendor);
  return sent;
}

/** When to ask about a step next: rarely if its vendor will say when it is over, and if such hooks arrive. */
export function pauseBeforePoll<Kind extends ProvidedKind>(
  { deps }: Turn,
  { vendor, awaitsHook }: Hooking<Kind>,
  handle: JsonValue,
  pollAfterMs: number,
): number {
  const isRare = vendor !== null && awaitsHook?.(handle) && deps.hooks.areHeard(vendor);
  return isRare ? Math.max(pollAfterMs, safetyNetMs) : pollAfterMs;
}

/** A poll has found the step over. If no hook had said so, hooks of the vendor may have stopped to arrive. */
export async function noteUnhooked<Kind extends ProvidedKind>(
  { deps, lease }: Turn,
  { number, handle, hookedAt }: Step,
  { vendor, awaitsHook }: Hooking<Kind>,
): Promise<void> {
  if (vendor === null || hookedAt !== null || !awaitsHook?.(handle) || !deps.hooks.areHeard(vendor)) return;
  await deps.hooks.noteMissed(vendor, { runId: lease.runId, step: number });
}
