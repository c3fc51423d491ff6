import { z } from 'zod';
import type { Aspect, Quality } from '../../../domain.ts';
import type { ModelPrices } from '../provider.ts';
import { microUsdOf, usdOf } from './listing.ts';

/** The charges of the providers of an image model, from `GET /images/models/…/endpoints`. */
const line = z.object({
  billable: z.string(),
  unit: z.string(),
  cost_usd: z.unknown().optional(),
  /** For example `2k` or `medium_1k`: the settings for which this is the price. */
  variant: z.string().nullish().catch(null),
});
type Line = z.infer<typeof line>;
const answer = z.object({ endpoints: z.array(z.object({ pricing: z.array(line) })).min(1) });

/** The settings that a request sends for a quality. Null: the model has no such setting. */
export type ImageSetting = { resolution: string | null; quality: string | null };

/** The largest image of a size, in millions of pixels. */
const megapixels: Readonly<Record<string, number>> = { '1K': 1.05, '2K': 4.2, '4K': 16.8 };

/**
 * The prices of an image. OpenRouter chooses the provider, so the dearest one counts. Null if one of them charges by tokens, or by
 * pixels of a size that we do not know: then only the bill tells.
 */
export function imagePricesOf(
  endpoints: unknown,
  settings: Readonly<Record<Quality, ImageSetting>>,
): ModelPrices | null {
  const lists = answer.safeParse(endpoints).data?.endpoints.map(({ pricing }) => pricing);
  if (!lists) return null;
  const dearestOf = (usdIn: (list: readonly Line[]) => number | null): number | null => {
    const usd = dearest(lists.map(usdIn));
    return usd === null ? null : microUsdOf(usd);
  };
  const standard = dearestOf((list) => usdOfImage(list, settings.standard));
  const hd = dearestOf((list) => usdOfImage(list, settings.hd));
  const picture = dearestOf(usdOfPicture);
  if (standard === null || hd === null || picture === null) return null;
  return {
    kind: 'image',
    perImage: { standard: forAll(standard), hd: forAll(hd) },
    perPicture: picture,
  };
}

const forAll = (price: number): Record<Aspect, number> => ({ wide: price, tall: price, square: price });

function usdOfImage(list: readonly Line[], setting: ImageSetting): number | null {
  const output = list.filter(({ billable }) => billable === 'output_image');
  if (output.length === 0 || list.some((one) => isByToken(one))) return null;
  const exact = output.filter(({ variant }) => variant && isFor(variant, setting));
  const plain = output.filter(({ variant }) => !variant);
  const fitting = exact.length > 0 ? exact : plain.length > 0 ? plain : output;
  return dearest(fitting.map((one) => usdOfLine(one, setting)));
}

function usdOfLine({ unit, cost_usd }: Line, { resolution }: ImageSetting): number | null {
  const usd = usdOf(cost_usd);
  if (usd === null || unit === 'image') return usd;
  const size = unit === 'megapixel' && resolution !== null ? megapixels[resolution] : undefined;
  return size === undefined ? null : usd * size;
}

/** A picture that the call looks at. */
function usdOfPicture(list: readonly Line[]): number | null {
  const input = list.filter(({ billable }) => billable === 'input_image' || billable === 'input_reference');
  return dearest([0, ...input.map(({ unit, cost_usd }) => (unit === 'image' ? usdOf(cost_usd) : null))]);
}

const isByToken = ({ unit, cost_usd }: Line) => unit === 'token' && usdOf(cost_usd) !== 0;

/** Whether a price is for these settings: everything that its name says is one of them. */
function isFor(variant: string, { resolution, quality }: ImageSetting): boolean {
  const words = [resolution, quality].flatMap((one) => one?.toLowerCase() ?? []);
  return variant
    .toLowerCase()
    .split(/[\s_-]+/)
    .every((word) => words.includes(word));
}

function dearest(prices: readonly (number | null)[]): number | null {
  let highest = 0;
  for (const price of prices) {
    if (price === null) return null;
    highest = Math.max(highest, price);
  }
  return highest;
}
