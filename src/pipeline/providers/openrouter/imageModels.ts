import { z } from 'zod';
import { type Aspect, aspects, type Quality, qualities } from '../../../domain.ts';
import type { ListedModel } from '../keys.ts';
import { type Capabilities, noCapabilities } from '../provider.ts';
import { type ImageSetting, imagePricesOf } from './imagePrices.ts';
import { modelId, shutdown, strings, titleOf } from './listing.ts';

const setting: z.ZodType<ImageSetting> = z.object({
  resolution: z.string().nullable(),
  quality: z.string().nullable(),
});

/** Further facts that a request for an image needs. A parameter that a model does not list must not be sent. */
export const imageExtra = z.object({
  aspects: z.partialRecord(z.enum(aspects), z.string()),
  settings: z.object({ standard: setting, hd: setting } satisfies Record<Quality, unknown>),
  /** Null: the model does not let us choose. */
  format: z.literal('png').nullable(),
  count: z.boolean(),
});
export type ImageExtra = z.infer<typeof imageExtra>;

/** A parameter with its values, its range, or nothing but its name. */
const parameter = z
  .object({
    values: z.array(z.unknown()).nullish().catch(null),
    min: z.number().nullish().catch(null),
    max: z.number().nullish().catch(null),
  })
  .catch({ values: null, min: null, max: null });

const listing = z.object({
  id: modelId,
  name: z.string().catch(''),
  architecture: z.object({ input_modalities: strings }).catch({ input_modalities: ['text'] }),
  supported_parameters: z.record(z.string(), parameter).catch({}),
  expiration_date: shutdown,
});
type Listing = z.infer<typeof listing>;

/** The shapes that a model may know, the nearest first. The receiver crops the rest, as an image may become a first frame. */
const ratios = {
  wide: ['16:9', '3:2', '4:3'],
  tall: ['9:16', '2:3', '3:4'],
  square: ['1:1'],
} as const satisfies Record<Aspect, readonly string[]>;

/** A model's own word for a quality, the best first. */
const tiers = { standard: ['1K', '2K', '4K'], hd: ['2K', '4K', '1K'] } as const satisfies Record<Quality, unknown>;
const efforts = { standard: ['medium', 'low'], hd: ['high', 'medium'] } as const satisfies Record<Quality, unknown>;

/** OpenRouter takes no more. */
export const maxReferences = 16;

/**
 * A model of `GET /images/models`, reduced to what VidGenie can do with it. `endpoints` is what `GET /images/models/…/endpoints` says
 * about its prices. Null if it cannot make a new image of a shape of ours as a PNG or a photo.
 */
export function imageModelOf(raw: unknown, endpoints: unknown = null): ListedModel | null {
  const model = listing.safeParse(raw).data;
  if (!model) return null;
  const shapes = shapesOf(model);
  const settings = { standard: settingOf(model, 'standard'), hd: settingOf(model, 'hd') };
  const able = aspects.filter((one) => shapes[one] !== undefined);
  const formats = valuesOf(model, 'output_format');
  const isRaster = formats.length === 0 || formats.some((one) => one !== 'svg');
  // A model that needs a picture cannot make a new image.
  const isFree = (model.supported_parameters.input_references?.min ?? 0) <= 0;
  if (able.length === 0 || !isRaster || !isFree) return null;
  const capabilities: Capabilities = {
    ...noCapabilities,
    aspects: able,
    qualities: qualities.filter((one) => one === 'standard' || makesHd(settings)),
    references: referencesOf(model),
  };
  return {
    id: model.id,
    shutdownAt: model.expiration_date,
    entry: {
      kind: 'image',
      title: titleOf(model.name, model.id),
      capabilities,
      prices: imagePricesOf(endpoints, settings),
      extra: {
        aspects: shapes,
        settings,
        format: formats.includes('png') ? 'png' : null,
        count: 'n' in model.supported_parameters,
      },
    },
  };
}

/** The capabilities of a model that is not in the catalogue, as most models have them. */
export const cautiousImage: Capabilities = { ...noCapabilities, qualities: ['standard'] };

export const cautiousImageExtra: ImageExtra = {
  aspects: { wide: '16:9', tall: '9:16', square: '1:1' },
  settings: { standard: { resolution: null, quality: null }, hd: { resolution: null, quality: null } },
  format: null,
  count: false,
};

function valuesOf({ supported_parameters: parameters }: Listing, name: string): string[] {
  const values = Object.hasOwn(parameters, name) ? (parameters[name]?.values ?? []) : [];
  return values.filter((one) => typeof one === 'string');
}

function shapesOf(model: Listing): { [Shape in Aspect]?: string } {
  const listed = valuesOf(model, 'aspect_ratio');
  const shapes: { [Shape in Aspect]?: string } = {};
  for (const aspect of aspects) {
    const found = ratios[aspect].find((one) => listed.includes(one));
    if (found !== undefined) shapes[aspect] = found;
  }
  return shapes;
}

function settingOf(model: Listing, quality: Quality): ImageSetting {
  const [resolutions, grades] = [valuesOf(model, 'resolution'), valuesOf(model, 'quality')];
  return {
    resolution: tiers[quality].find((one) => resolutions.includes(one)) ?? null,
    quality: efforts[quality].find((one) => grades.includes(one)) ?? null,
  };
}

/** Whether hd is more than standard, or standard is as large as hd already. */
function makesHd({ standard, hd }: Record<Quality, ImageSetting>): boolean {
  const isMore = hd.resolution !== standard.resolution || hd.quality !== standard.quality;
  return isMore || (hd.resolution !== null && hd.resolution !== '1K');
}

function referencesOf({ architecture, supported_parameters: parameters }: Listing): number {
  const max = Object.hasOwn(parameters, 'input_references') ? (parameters.input_references?.max ?? 0) : 0;
  const looks = architecture.input_modalities.includes('image');
  return looks ? Math.max(0, Math.min(maxReferences, Math.floor(max))) : 0;
}
