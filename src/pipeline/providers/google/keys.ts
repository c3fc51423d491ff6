import { z } from 'zod';
import type { FreeCall } from '../adapter.ts';
import { deadlines } from '../deadlines.ts';
import { type KeyCheck, keyCheckOf, type ListedModel } from '../keys.ts';
import { attempt, type Outcome } from '../providerCall.ts';
import {
  type GoogleCloudOptions,
  type GoogleOptions,
  googleClient,
  googleCloudClient,
  googleCloudExchange,
  googleExchange,
  requireGoogleKey,
} from './client.ts';

const listed = z.object({ name: z.string() });

/** The models that a key can use. The call is free. Google announces no shutdown dates here. */
export async function listGoogleModels(options: GoogleOptions, call: FreeCall): Promise<Outcome<ListedModel[]>> {
  return await attempt(googleExchange(call, deadlines.check), async (line) => {
    const models: ListedModel[] = [];
    for await (const model of await (await googleClient(options, requireGoogleKey(call.key), line)).models.list({
      config: { pageSize: 1000 },
    })) {
      models.push({ id: listed.parse(model).name.replace(/^models\//, ''), shutdownAt: null });
    }
    return models;
  });
}

/** Checks a key with a free call. It does not detect an account without billing. */
export const checkGoogleKey = async (options: GoogleOptions, call: FreeCall): Promise<KeyCheck> =>
  keyCheckOf(await listGoogleModels(options, call));

/** Whether Google Cloud accepts our sign-in and knows a model. The call is free. */
export async function findGoogleCloudModel(
  options: GoogleCloudOptions,
  call: { model: string; signal: AbortSignal },
): Promise<Outcome<null>> {
  return await attempt(googleCloudExchange(call, deadlines.check), async (line) => {
    await (await googleCloudClient(options, line)).models.get({ model: call.model });
    return null;
  });
}
