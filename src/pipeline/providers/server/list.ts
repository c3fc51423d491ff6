import { z } from 'zod';
import { type ProvidedKind, providedKinds } from '../../../domain.ts';
import type { ProviderConfig } from '../config.ts';
import { deadlines } from '../deadlines.ts';
import { type Endpoint, requestJson } from '../http.ts';
import type { ListedModel } from '../keys.ts';
import { type Capabilities, noCapabilities, ProviderError } from '../provider.ts';
import type { Outcome } from '../providerCall.ts';
import { endpointOf, readModels, usableModels } from './endpoint.ts';
import { imageAbilities } from './image.ts';
import { videoAbilities } from './videoSettings.ts';

/** The facts about a server that free calls tell. `models` is null if it has no list of them. */
export type ServerSight = { kind: ProvidedKind; models: string[] | null; canEdit: boolean };

/** Asks one server for its models and, if it makes images, whether it changes them, too. */
export async function seeServer(
  config: ProviderConfig,
  kind: ProvidedKind,
  signal: AbortSignal,
): Promise<Outcome<ServerSight> | null> {
  const settings = config.servers[kind];
  if (!settings) return null;
  const server = endpointOf(kind, settings);
  try {
    const models = await modelsOf(server, signal);
    return {
      ok: true,
      value: { kind, models, canEdit: kind === 'image' && (await hasPath(server, '/images/edits', signal)) },
    };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { kind: failure, message, nothingGenerated, lacksPermission } = error;
    return { ok: false, fault: { kind: failure, detail: message, nothingGenerated, lacksPermission } };
  }
}

async function modelsOf(server: Endpoint, signal: AbortSignal): Promise<string[] | null> {
  try {
    return usableModels(await readModels(server, signal));
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'invalid_request') return null;
    throw error;
  }
}

/**
 * Whether a server has an address. It is asked with GET, which makes nothing: a server that only takes a POST there says so, and one that has
 * no such address says 404.
 */
async function hasPath(server: Endpoint, path: string, signal: AbortSignal): Promise<boolean> {
  let status = 200;
  const noting: Endpoint = {
    ...server,
    classify: (rejection) => {
      status = rejection.status;
      return server.classify(rejection);
    },
  };
  await requestJson(noting, { method: 'GET', path, deadlineMs: deadlines.check, signal }, z.unknown()).catch(
    () => undefined,
  );
  return status === 405 || status === 400 || status === 422;
}

const abilitiesOf = (config: ProviderConfig, { kind, canEdit }: ServerSight): Capabilities => {
  switch (kind) {
    case 'enhance':
      return noCapabilities;
    case 'image':
      return imageAbilities(canEdit);
    case 'video':
      return videoAbilities(config.servers.video ?? { seconds: null, sizes: null }).capabilities;
  }
};

/** The models of all configured servers. If one of them is out of reach, nothing is known about any. */
export async function listServers(config: ProviderConfig, signal: AbortSignal): Promise<Outcome<ListedModel[]>> {
  const seen = await Promise.all(providedKinds.map((kind) => seeServer(config, kind, signal)));
  const models: ListedModel[] = [];
  for (const one of seen) {
    if (!one) continue;
    if (!one.ok) return one;
    const { kind, models: names, canEdit } = one.value;
    const capabilities = abilitiesOf(config, one.value);
    for (const id of names ?? []) {
      models.push({ id, shutdownAt: null, entry: { kind, title: id, capabilities, prices: null, extra: { canEdit } } });
    }
  }
  return { ok: true, value: models };
}
