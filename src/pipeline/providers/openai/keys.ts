import { z } from 'zod';
import type { FreeCall } from '../adapter.ts';
import { deadlines } from '../deadlines.ts';
import { type KeyCheck, keyCheckOf, type ListedModel } from '../keys.ts';
import { attempt, type Outcome } from '../providerCall.ts';
import { type OpenAiOptions, openAiClient, openAiExchange, requireOpenAiKey } from './client.ts';

const page = z.object({
  data: z.array(z.object({ id: z.string(), shutdown_date: z.string().nullish().catch(null) })),
});

/** The models that a key can use. The call is free. */
export async function listOpenAiModels(options: OpenAiOptions, call: FreeCall): Promise<Outcome<ListedModel[]>> {
  return await attempt(openAiExchange(call, deadlines.check), async (line) => {
    const client = await openAiClient(options, requireOpenAiKey(call.key), line);
    // The SDK takes an answer without a list, such as a page of a proxy, for an empty list.
    const response = await client.models.list().asResponse();
    const { data } = page.parse(await response.json());
    return data.map(({ id, shutdown_date }) => ({ id, shutdownAt: shutdown_date ?? null }));
  });
}

/** Checks a key with a free call. It does not detect an empty account: OpenAI still lists models for it. */
export const checkOpenAiKey = async (options: OpenAiOptions, call: FreeCall): Promise<KeyCheck> =>
  keyCheckOf(await listOpenAiModels(options, call));
