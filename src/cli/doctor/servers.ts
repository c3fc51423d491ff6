import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import { type ProvidedKind, providedKinds } from '../../domain.ts';
import type { Providers } from '../../pipeline/providers/registry.ts';
import type { ServerSight } from '../../pipeline/providers/server/list.ts';
import { type Finding, fine, wrong } from './finding.ts';

const { doctor: words } = text.operator;

/** Reaches each server of the operator's own, and says what VidGenie does without there. */
export async function checkServers(config: Config, providers: Providers, signal: AbortSignal): Promise<Finding[]> {
  const configured = providedKinds.filter((kind) => config.providers.servers[kind] !== null);
  return (
    await Promise.all(
      configured.map((kind, index) => checkServer(config, providers, { kind, isFirst: index === 0 }, signal)),
    )
  ).flat();
}

async function checkServer(
  config: Config,
  providers: Providers,
  { kind, isFirst }: { kind: ProvidedKind; isFirst: boolean },
  signal: AbortSignal,
): Promise<Finding[]> {
  const { seeServer } = await import('../../pipeline/providers/server/list.ts');
  const seen = await seeServer(config.providers, kind, signal);
  if (!seen) return [];
  if (!seen.ok) return [wrong('models', words.serverAway(kind, seen.fault.detail))];
  const { models } = seen.value;
  const named = config.providers.models[kind];
  // Moderation is told once. It is OpenAI's, and servers of one's own have none.
  const unmoderated = isFirst && !config.providers.keys.has('openai') ? [words.serverLacks.moderation] : [];
  const lacks = [...(await lacksOf(config, providers, seen.value, signal)), ...unmoderated];
  // Ollama takes a name without its tag.
  const isListed = (name: string) => models?.some((id) => id === name || id === `${name}:latest`) ?? true;
  return [
    fine('models', words.serverFine(kind, models, lacks)),
    ...(named !== null && !isListed(named) ? [wrong('models', words.serverModelMissing(kind, named))] : []),
  ];
}

async function lacksOf(
  config: Config,
  providers: Providers,
  { kind, canEdit }: ServerSight,
  signal: AbortSignal,
): Promise<string[]> {
  const { format, edits, images } = words.serverLacks;
  switch (kind) {
    case 'enhance':
      return (await holdsToFormat(config, signal)) === false ? [format] : [];
    case 'image':
      return canEdit ? [] : [edits];
    case 'video':
      return providers.choose('image', new Set()) ? [] : [images];
  }
}

async function holdsToFormat({ providers }: Config, signal: AbortSignal): Promise<boolean | null> {
  const { holdsToFormat: ask } = await import('../../pipeline/providers/server/enhance.ts');
  const { firstModel } = await import('../../pipeline/providers/server/endpoint.ts');
  const server = providers.servers.enhance;
  return server && (await ask({ ...server, model: providers.models.enhance ?? firstModel }, signal).catch(() => null));
}
