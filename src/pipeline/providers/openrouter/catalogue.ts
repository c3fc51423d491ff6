import { z } from 'zod';
import type { FreeCall } from '../adapter.ts';
import { deadlines } from '../deadlines.ts';
import type { ListedModel } from '../keys.ts';
import { type Outcome, toProviderError } from '../providerCall.ts';
import { ask, type OpenRouterOptions } from './client.ts';
import { imageModelOf } from './imageModels.ts';
import { outcomeOf } from './keys.ts';
import { textModelOf } from './textModels.ts';
import { videoModelOf } from './videoModels.ts';

const named = z.object({ id: z.string() });

/** The prices of image models take a call each: so many at once, and so many in all. */
const pricesAtOnce = 4;
const maxPriced = 200;

/**
 * The models of OpenRouter that VidGenie can use, each reduced to what its adapter can do with it. It fails if one of the lists cannot
 * be read, so that the models and prices of the last look stay. Only an image model of which OpenRouter knows no prices (404) has none.
 */
export async function listOpenRouterModels(
  options: OpenRouterOptions,
  { key, signal }: FreeCall,
): Promise<Outcome<ListedModel[]>> {
  const read = async <T>(path: string, shape: z.ZodType<T>): Promise<T> =>
    await ask(options, key, { method: 'GET', path, deadlineMs: deadlines.poll, signal }, shape);
  const list = async (path: string): Promise<unknown[]> =>
    firstOfEachId((await read(path, z.object({ data: z.array(z.unknown()) }))).data);
  const priced = async (raw: unknown): Promise<ListedModel | null> => {
    const model = imageModelOf(raw);
    if (!model) return null;
    const endpoints = await outcomeOf(() => read(`/images/models/${model.id}/endpoints`, z.unknown()));
    if (!endpoints.ok && !endpoints.fault.lacksModel) throw toProviderError(endpoints.fault);
    return imageModelOf(raw, endpoints.ok ? endpoints.value : null);
  };
  return await outcomeOf(async () => {
    const [videos, images, texts] = await Promise.all([
      list('/videos/models'),
      list('/images/models'),
      list('/models'),
    ]);
    const usable = images.filter((raw) => imageModelOf(raw) !== null);
    const pricedImages = await inTurns(usable.slice(0, maxPriced), priced);
    return distinct([
      ...videos.map(videoModelOf),
      ...pricedImages,
      ...usable.slice(maxPriced).map((raw) => imageModelOf(raw)),
      ...texts.map(textModelOf),
    ]);
  });
}

/** Works through a list with a few calls at a time, and keeps its order. */
async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += pricesAtOnce) {
    results.push(...(await Promise.all(items.slice(at, at + pricesAtOnce).map(work))));
  }
  return results;
}

/** If a list has a model twice, the first listing counts, even if VidGenie cannot use it. */
function firstOfEachId(list: readonly unknown[]): unknown[] {
  const known = new Set<string>();
  return list.filter((raw) => {
    const { id } = named.safeParse(raw).data ?? {};
    if (id === undefined || known.has(id)) return false;
    known.add(id);
    return true;
  });
}

/** The first model of each id. */
function distinct(models: readonly (ListedModel | null)[]): ListedModel[] {
  const known = new Map<string, ListedModel>();
  for (const model of models) if (model && !known.has(model.id)) known.set(model.id, model);
  return [...known.values()];
}
