import { z } from 'zod';
import { readCatalogues } from '../db/catalogues.ts';
import type { Database, Db } from '../db/client.ts';
import { aspects, providedKinds, qualities, type Resolution, resolutions } from '../domain.ts';
import type { Logger } from '../observability/log.ts';
import { type ModelChange, modelChange } from './changes.ts';
import type { CatalogueReader } from './providers/adapter.ts';
import type { ListedModel } from './providers/keys.ts';
import { maxMicroUsd } from './providers/provider.ts';

const wholeSeconds = z.array(z.int().min(1).max(600)).max(600);
const microUsd = z.number().min(0).max(maxMicroUsd);

const capabilities = z.object({
  aspects: z.array(z.enum(aspects)),
  qualities: z.array(z.enum(qualities)),
  durations: wholeSeconds,
  resolutions: z.array(z.enum(resolutions)),
  extension: z
    .object({ seconds: wholeSeconds, maxSeconds: z.int(), resolutions: z.array(z.enum(resolutions)) })
    .nullable(),
  lastFrame: wholeSeconds,
  references: z.int().min(0),
  variants: z.int().min(1),
  seed: z.boolean(),
  fromText: z.boolean().default(false),
});

const perAspect = z.object({ wide: microUsd, tall: microUsd, square: microUsd });
const second = z.object({ silent: microUsd, sound: microUsd });
const prices = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('enhance'), perCall: microUsd }),
  z.object({
    kind: z.literal('image'),
    perImage: z.object({ standard: perAspect, hd: perAspect }),
    perPicture: microUsd,
  }),
  z.object({
    kind: z.literal('video'),
    perSecond: z
      .object({ '720p': second, '1080p': second, '4k': second } satisfies Record<Resolution, unknown>)
      .partial(),
  }),
]);

/** A model of a catalogue as it is stored. */
const listedModel: z.ZodType<ListedModel> = z.object({
  id: z.string().min(1),
  shutdownAt: z.string().nullable(),
  entry: z
    .object({
      kind: z.enum(providedKinds),
      title: z.string(),
      capabilities,
      prices: prices.nullable(),
      extra: z.json(),
    })
    .nullish(),
});

/** The models of a vendor as they are stored. */
export const listedModels = z.array(listedModel);
/** A catalogue as this process knows it. `changes` are the latest first. `readAt` is null if it was never read. */
export type Catalogue = {
  models: readonly ListedModel[];
  changes: readonly ModelChange[];
  lookedAt: Date;
  readAt: Date | null;
};

/** The models of all vendors as this process knows them. */
export type Catalogues = {
  of: CatalogueReader;
  /** All of them, by their adapters. */
  all: () => ReadonlyMap<string, Catalogue>;
  /** Reads them from the database again. If that fails, it throws, and what was known stays known. */
  refresh: () => Promise<void>;
};

/**
 * The models of a list, fresh from a vendor or stored by any version. An entry that cannot be read is left out, so that one odd model
 * does not hide the others. Null if the list is none, or if not one of its entries can be read.
 */
export function readModels(json: unknown): ListedModel[] | null {
  const list = z.array(z.unknown()).safeParse(json).data;
  if (!list) return null;
  const models = list.flatMap((one) => listedModel.safeParse(one).data ?? []);
  return models.length === 0 && list.length > 0 ? null : models;
}

/** The contents of a row. A row of another version that this one cannot read counts as empty. */
export const readChanges = (json: unknown): ModelChange[] => z.array(modelChange).safeParse(json).data ?? [];

/** Reads the stored catalogues. */
export function createCatalogues(db: Db): Catalogues {
  let known: ReadonlyMap<string, Catalogue> = new Map();
  return {
    of: (adapterId) => known.get(adapterId)?.models ?? [],
    all: () => known,
    refresh: async () => {
      const rows = await readCatalogues(db);
      known = new Map(
        rows.map(({ id, models, changes, lookedAt, readAt }) => [
          id,
          { models: readModels(models) ?? [], changes: readChanges(changes), lookedAt, readAt },
        ]),
      );
    },
  };
}

/** In milliseconds. A notification is lost if its connection breaks. */
const refreshEveryMs = 60_000;

/** Keeps this process's copy up to date. While the database is away, the old copy serves. */
export async function keepFresh(
  { refresh }: Catalogues,
  { listen }: Pick<Database, 'listen'>,
  log: Pick<Logger, 'warn'>,
): Promise<{ stop: () => Promise<void> }> {
  let refreshing: Promise<void> = Promise.resolve();
  // One after the other, so that an older answer never replaces a newer one.
  const again = () => {
    refreshing = refreshing
      .then(refresh)
      .catch((error: unknown) => log.warn({ error }, 'the stored models could not be read; the known ones serve'));
  };
  await listen('vidgenie_catalogue', again);
  const timer = setInterval(again, refreshEveryMs).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await refreshing;
    },
  };
}
