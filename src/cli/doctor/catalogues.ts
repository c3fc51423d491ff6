import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import { type ProvidedKind, providedKinds, vendors } from '../../domain.ts';
import type { Catalogue } from '../../pipeline/catalogues.ts';
import type { ModelChange } from '../../pipeline/changes.ts';
import { adaptersInUse } from '../../pipeline/look.ts';
import { goneAmong, modelsInUse } from '../../pipeline/modelsInUse.ts';
import type { Adapter } from '../../pipeline/providers/adapter.ts';
import type { Program } from '../../program.ts';
import { type Finding, fine, wrong } from './finding.ts';

const { catalogues: words } = text.operator;

const hourMs = 60 * 60_000;

/** A look is made every day. After two days without one, something keeps the workers from it. */
const staleMs = 48 * hourMs;

/** Doctor repeats what became worse for this long. Milliseconds. */
const newsMs = 7 * 24 * hourMs;

/** Tells the news of the daily look about the models in use, and the names to which no model answers. */
export async function checkCatalogues(program: Program): Promise<Finding[]> {
  const { config, database, services, catalogues } = program;
  const { adapters } = await import('../../providers.ts');
  const now = services.now();
  const known = catalogues.all();
  const inUse = await modelsInUse(database.db, services.providers, config.providers);
  // The check of the vendors asks for these itself.
  const asked = new Set(
    providedKinds.flatMap((kind) => services.providers.choose(kind, new Set())?.provider.model ?? []),
  );
  const others = new Set([...inUse].filter((model) => !asked.has(model)));
  const used = await adaptersInUse(database.db, adapters, config.providers);
  return [
    ...used.flatMap((adapter) => ageOf(adapter, known.get(adapter.id), config, now)),
    ...goneAmong(others, known).map(({ model, at }) => wrong('models', words.gone(model, dayOf(at)))),
    ...[...known.values()].flatMap((catalogue) => worseAmong(catalogue, { inUse, others, now })),
    ...unanswered(program).map((says) => wrong('models', says)),
  ];
}

const dayOf = (moment: string): string => moment.slice(0, 10);

function ageOf({ name, vendor }: Adapter, known: Catalogue | undefined, config: Config, now: Date): Finding[] {
  if (!known) return [];
  if (!known.readAt) {
    // A vendor may list its models to nobody without a key.
    const isListed = vendor === null || config.providers.keys.has(vendor);
    return isListed ? [wrong('models', words.unread(name))] : [];
  }
  const hours = Math.max(0, Math.round((now.getTime() - known.readAt.getTime()) / hourMs));
  const doubts = known.changes.filter(({ what }) => what === 'doubtful');
  return [
    (hours * hourMs > staleMs ? wrong : fine)('models', words.age(name, known.models.length, hours)),
    ...doubts.map(({ detail }) => wrong('models', words.doubtful(name, detail))),
  ];
}

type Watched = { inUse: ReadonlySet<string>; others: ReadonlySet<string>; now: Date };

function worseAmong({ models, changes }: Catalogue, { inUse, others, now }: Watched): Finding[] {
  const isNews = ({ at }: ModelChange) => now.getTime() - Date.parse(at) <= newsMs;
  const told = changes.filter((change) => inUse.has(change.model) && isNews(change)).flatMap(worse);
  const ending = models.flatMap(({ id, shutdownAt }) =>
    shutdownAt !== null && others.has(id) ? [words.retiring(id, dayOf(shutdownAt))] : [],
  );
  return [...told, ...ending].map((says) => wrong('models', says));
}

function worse({ what, model, detail, at }: ModelChange): string[] {
  switch (what) {
    case 'dearer':
      return [words.dearer(model, detail, dayOf(at))];
    case 'less':
      return [words.less(model, detail, dayOf(at))];
    case 'gone':
    case 'new':
    case 'cheaper':
    case 'retires':
    case 'doubtful':
      return [];
  }
}

const variables: Record<ProvidedKind, string> = {
  enhance: 'ENHANCE_MODEL',
  image: 'IMAGE_MODEL',
  video: 'VIDEO_MODEL',
};

/** Names in the environment to which no model answers, whoever has a key. */
function unanswered({ config, services: { providers }, catalogues }: Program): string[] {
  const everybody = new Set(vendors);
  const all = providedKinds.flatMap((kind) => providers.models(kind, everybody).map(({ provider }) => provider));
  // A model that the operator names is offered even if its vendor's catalogue does not have it.
  const isListed = ({ vendor, model }: (typeof all)[number]) => {
    const entries = (vendor ? catalogues.of(vendor) : []).filter(({ entry }) => entry);
    return entries.length === 0 || entries.some(({ id }) => id === model);
  };
  const offered = new Set(all.filter(isListed).map(({ model }) => model));
  const named = providedKinds.flatMap((kind) => {
    const model = config.providers.models[kind];
    return model === null || offered.has(model) ? [] : [words.unanswered(variables[kind], model)];
  });
  const aliased = [...providers.aliases].flatMap(([alias, models]) =>
    models.filter((model) => !offered.has(model)).map((model) => words.unansweredAlias(alias, model)),
  );
  return [...named, ...aliased];
}
