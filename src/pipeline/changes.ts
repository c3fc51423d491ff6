import { z } from 'zod';
import type { ListedModel } from './providers/keys.ts';
import type { Capabilities, ModelPrices } from './providers/provider.ts';

/**
 * `gone`: the vendor no longer lists the model. `less`: it can do less than before. `retires`: the vendor has announced its end, or
 * that is near now. `doubtful`: a list was so short that it is not believed yet. Its `model` is the kind of which models are missing,
 * empty for models of which the catalogue says nothing.
 */
const changeKinds = ['gone', 'new', 'dearer', 'cheaper', 'less', 'retires', 'doubtful'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** A change of a model between two looks. `at` is ISO 8601. `detail` says what changed, for the operator. */
export const modelChange = z.object({
  at: z.string(),
  what: z.enum(changeKinds),
  model: z.string(),
  detail: z.string(),
});
export type ModelChange = z.infer<typeof modelChange>;

const dayMs = 24 * 60 * 60_000;

/** A retirement is told again when it is this near. Milliseconds. */
const nearMs = 30 * dayMs;

/** Changes are kept for this long, and at most so many. */
const keptMs = 30 * dayMs;
const maxChanges = 200;

/** The changes from one list of models to the next, made at `now`. `before` was read at `readAt`. */
export function changesBetween(
  before: readonly ListedModel[],
  models: readonly ListedModel[],
  { now, readAt }: { now: Date; readAt: Date },
): ModelChange[] {
  const at = now.toISOString();
  const known = new Map(before.map((model) => [model.id, model]));
  const left = new Set(models.map(({ id }) => id));
  const gone = before
    .filter(({ id }) => !left.has(id))
    .map(({ id }) => ({ at, what: 'gone', model: id, detail: '' }) as const);
  const changed = models.flatMap((model): ModelChange[] => {
    const old = known.get(model.id);
    if (!old) return [{ at, what: 'new', model: model.id, detail: '' }];
    return differences(old, model, { now, readAt }).map((one) => ({ at, model: model.id, ...one }));
  });
  return [...gone, ...changed];
}

type Difference = Pick<ModelChange, 'what' | 'detail'>;

function differences(before: ListedModel, after: ListedModel, times: { now: Date; readAt: Date }): Difference[] {
  const priced = priceDifference(before.entry?.prices ?? null, after.entry?.prices ?? null);
  const lost = before.entry && after.entry ? lostAbilities(before.entry.capabilities, after.entry.capabilities) : [];
  const retires = isRetirementNews(before.shutdownAt, after.shutdownAt, times);
  return [
    ...(priced ? [priced] : []),
    ...(lost.length > 0 ? [{ what: 'less', detail: lost.join(', ') } as const] : []),
    ...(retires ? [{ what: 'retires', detail: after.shutdownAt ?? '' } as const] : []),
  ];
}

function isRetirementNews(
  before: string | null,
  after: string | null,
  { now, readAt }: { now: Date; readAt: Date },
): boolean {
  if (after === null) return false;
  if (after !== before) return true;
  const isNear = (seen: Date) => Date.parse(after) - seen.getTime() <= nearMs;
  return isNear(now) && !isNear(readAt);
}

/** One dearer price makes a model dearer, whatever became of its other prices. */
function priceDifference(before: ModelPrices | null, after: ModelPrices | null): Difference | null {
  if (!before || !after) return null;
  const old = pricesOf(before);
  const moved = pricesOf(after).flatMap(([name, price]) => {
    const was = old.find(([one]) => one === name)?.[1];
    return was === undefined || was === price ? [] : [{ name, was, price }];
  });
  const shown = moved.find(({ was, price }) => price > was) ?? moved.at(0);
  if (!shown) return null;
  const { name, was, price } = shown;
  return { what: price > was ? 'dearer' : 'cheaper', detail: `${name}: $${was / 1e6} → $${price / 1e6}` };
}

/** Every price by its name. */
function pricesOf(prices: ModelPrices): [string, number][] {
  switch (prices.kind) {
    case 'enhance':
      return [['a call', prices.perCall]];
    case 'image':
      return [
        ...Object.entries(prices.perImage).flatMap(([quality, byAspect]) =>
          Object.entries(byAspect).map(([aspect, price]): [string, number] => [`${quality} ${aspect}`, price]),
        ),
        ['a picture to look at', prices.perPicture],
      ];
    case 'video':
      return Object.entries(prices.perSecond).flatMap(([resolution, second]): [string, number][] =>
        second
          ? [
              [`a second in ${resolution}`, second.silent],
              [`a second in ${resolution} with sound`, second.sound],
            ]
          : [],
      );
  }
}

/** The names of what a model could do and cannot do any more. */
function lostAbilities(before: Capabilities, after: Capabilities): string[] {
  const gone = (name: string, old: readonly (string | number)[], now: readonly (string | number)[]) => {
    const lost = old.filter((one) => !now.includes(one));
    return lost.length > 0 ? [`${name} ${lost.join(' ')}`] : [];
  };
  return [
    ...gone('aspect', before.aspects, after.aspects),
    ...gone('quality', before.qualities, after.qualities),
    ...gone('seconds', before.durations, after.durations),
    ...gone('resolution', before.resolutions, after.resolutions),
    ...gone('seconds with a last frame', before.lastFrame, after.lastFrame),
    ...(before.extension && !after.extension ? ['extension'] : []),
    ...gone(
      'seconds to add',
      before.extension?.seconds ?? [],
      after.extension?.seconds ?? before.extension?.seconds ?? [],
    ),
    ...(after.references < before.references ? [`pictures ${before.references} → ${after.references}`] : []),
    ...(after.variants < before.variants ? [`results ${before.variants} → ${after.variants}`] : []),
    ...(before.seed && !after.seed ? ['seed'] : []),
    ...(before.fromText && !after.fromText ? ['from words alone'] : []),
  ];
}

/** The changes to keep: the newest first, not too old and not too many. */
export const kept = (changes: readonly ModelChange[], now: Date): ModelChange[] =>
  changes.filter(({ at }) => now.getTime() - Date.parse(at) <= keptMs).slice(0, maxChanges);
