import { z } from 'zod';
import type { Secret } from '../../../db/secret.ts';
import { deadlines } from '../deadlines.ts';
import { type KeyCheck, keyCheckOf, type ListedModel } from '../keys.ts';
import { attempt, type Outcome } from '../providerCall.ts';
import { type OpenAiOptions, openAiClient, openAiExchange } from './client.ts';

const listed = z.object({ id: z.string(), shutdown_date: z.string().nullish().catch(null) });

/** The models that a key can use. The call is free. */
export async function listOpenAiModels(
  options: OpenAiOptions,
  call: { key: Secret; signal: AbortSignal },
): Promise<Outcome<ListedModel[]>> {
  return await attempt(openAiExchange(call, deadlines.check), async (line) => {
    const page = await (await openAiClient(options, call.key, line)).models.list();
    return z
      .array(listed)
      .parse(page.data)
      .map(({ id, shutdown_date }) => ({ id, shutdownAt: shutdown_date ?? null }));
  });
}

/** Checks a key with a free call. It does not detect an empty account: OpenAI still lists models for it. */
export async function checkOpenAiKey(
  options: OpenAiOptions,
  call: { key: Secret; signal: AbortSignal },
): Promise<KeyCheck> {
  return keyCheckOf(await listOpenAiModels(options, call));
}
