import { z } from 'zod';
import type { ProvidedKind } from '../../../domain.ts';
import type { OwnServer } from '../config.ts';
import { deadlines } from '../deadlines.ts';
import { classifyStatus, type Endpoint, requestJson } from '../http.ts';
import { ProviderError } from '../provider.ts';

/** The names that members see. */
const names = {
  enhance: 'Prompt server',
  image: 'Image server',
  video: 'Video server',
} as const satisfies Record<ProvidedKind, string>;

/** A server of the operator's own that speaks as OpenAI does. It holds its key itself: no workspace brings one. */
export function endpointOf(step: ProvidedKind, { baseUrl, key }: OwnServer): Endpoint {
  const vendor = names[step];
  return { vendor, baseUrl, key, classify: (rejection) => classifyStatus(vendor, rejection) };
}

/** The name under which a server's first model is offered. No request carries it. */
export const firstModel = 'default';

const modelList = z.object({ data: z.array(z.object({ id: z.string().min(1) })).nullish() });

/** The models that a server says it has. */
export async function readModels(server: Endpoint, signal: AbortSignal): Promise<string[]> {
  const request = { method: 'GET', path: '/models', deadlineMs: deadlines.check, signal } as const;
  const { data } = await requestJson(server, request, modelList);
  return (data ?? []).map(({ id }) => id);
}

/** Some servers list models that turn text into numbers beside those that write it. */
const isEmbedding = (id: string): boolean => /embed|rerank/i.test(id);

export const usableModels = (ids: readonly string[]): string[] => ids.filter((id) => !isEmbedding(id));

/**
 * The name of the model for a request: the given one, or else the first of the server's list, which is read once. Null if the server has
 * no such list: it then uses the model that it has.
 */
export function createModelName(server: Endpoint, model: string): (signal: AbortSignal) => Promise<string | null> {
  if (model !== firstModel) return async () => model;
  let known: { name: string | null } | null = null;
  return async (signal) => {
    known ??= { name: usableModels(await listed(server, signal)).at(0) ?? null };
    return known.name;
  };
}

async function listed(server: Endpoint, signal: AbortSignal): Promise<string[]> {
  try {
    return await readModels(server, signal);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.kind === 'invalid_request' || error.kind === 'no_output') return [];
    // The request for the result has not been sent yet.
    const { kind, message, retryAfterMs, lacksPermission } = error;
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    throw new ProviderError(kind, message, { nothingGenerated: true, lacksPermission, ...wait });
  }
}

/** Whether an address is on the server itself: the only place from which a result is fetched. */
export const isOnServer =
  ({ baseUrl }: Pick<Endpoint, 'baseUrl'>) =>
  (url: URL): boolean =>
    url.origin === new URL(baseUrl).origin && url.username === '' && url.password === '';
