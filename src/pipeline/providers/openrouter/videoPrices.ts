import type { Resolution } from '../../../domain.ts';
import type { ModelPrices } from '../provider.ts';
import { microUsdOf, usdOf } from './listing.ts';

/**
 * What a video model charges, from `pricing_skus`. The names say what a price is for, in parts that may be missing: the way the video
 * begins, the unit, the sound and the size, for example `image_to_video_duration_seconds_720p`, `duration_seconds_with_audio_4k`,
 * `per-video-second-1080p`, `cents_per_video_output_second_480p` or `video_tokens_without_audio`.
 * Sources: OpenRouter's catalogue as public clients recorded it from April to November 2026.
 */
const pattern =
  /^(?:(text|image)_to_video_)?(duration_seconds|per_video_second|cents_per_video_output_second|cents_per_second_output|video_tokens)((?:_(?:with_audio|without_audio|\d+[pk]))*)$/;

/** Charges for what VidGenie never sends: another video, and references that are no frames. */
const neverSent = /video_input|^reference_(image|video|audio)s?$/;

type Mode = 'text' | 'image';
type Unit = 'usd' | 'cents' | 'tokens';
/** Null: the charge is for all of them. */
type Charge = { mode: Mode | null; sound: boolean | null; size: string | null; unit: Unit; usd: number | null };
/** In US dollars: for each picture, and the least that a call costs. */
type Extras = { perPicture: number; minimum: number };

/** Tokens of one second: width × height × 24 frames / 1024. Source: ByteDance's guide to the tokens of Seedance. */
const tokensPerSecond = {
  '720p': (1_280 * 720 * 24) / 1_024,
  '1080p': (1_920 * 1_080 * 24) / 1_024,
  '4k': (3_840 * 2_160 * 24) / 1_024,
} as const satisfies Record<Resolution, number>;

export type PricedVideo = {
  resolutions: readonly Resolution[];
  /** The whole seconds of one call, ascending. */
  durations: readonly number[];
  fromText: boolean;
  lastFrame: boolean;
};

/**
 * The prices of each second. Where two charges fit equally well, the dearer one counts. What a call costs besides is spread over its
 * shortest length, so that no length costs more than this says. Null if the list has a charge that VidGenie does not know.
 */
export function videoPricesOf(skus: Readonly<Record<string, unknown>>, video: PricedVideo): ModelPrices | null {
  const read = chargesOf(skus);
  const shortest = video.durations[0];
  if (!read || shortest === undefined) return null;
  const { charges, extras } = read;
  const pictures = video.lastFrame ? 2 : 1;
  const modes: Mode[] = video.fromText ? ['image', 'text'] : ['image'];
  const rate = (size: Resolution, sound: boolean): number | null => {
    const [fromImage = null, ...others] = modes.map((mode) => usdPerSecond(charges, { mode, sound, size }));
    if (fromImage === null) return null;
    const usd = Math.max(fromImage, ...others.filter((one) => one !== null), extras.minimum / shortest);
    return microUsdOf(usd + (pictures * extras.perPicture) / shortest);
  };
  const perSecond: { [Size in Resolution]?: { silent: number; sound: number } } = {};
  for (const size of video.resolutions) {
    const sound = rate(size, true);
    const silent = rate(size, false) ?? sound;
    // A price without sound only is no price of a film with sound, and no film costs more because it is silent.
    if (sound !== null && silent !== null) perSecond[size] = { silent: Math.min(silent, sound), sound };
  }
  return Object.keys(perSecond).length > 0 ? { kind: 'video', perSecond } : null;
}

function chargesOf(skus: Readonly<Record<string, unknown>>): { charges: Charge[]; extras: Extras } | null {
  const charges: Charge[] = [];
  const extras: Extras = { perPicture: 0, minimum: 0 };
  for (const [name, value] of Object.entries(skus)) {
    const sku = name.toLowerCase().replaceAll('-', '_');
    if (neverSent.test(sku)) continue;
    const usd = usdOf(value);
    if (sku === 'cents_per_image_input' || sku === 'minimum_cents_per_generation') {
      if (usd === null) return null;
      if (sku === 'cents_per_image_input') extras.perPicture += usd / 100;
      else extras.minimum = Math.max(extras.minimum, usd / 100);
      continue;
    }
    const charge = chargeOf(sku, usd);
    if (!charge) return null;
    charges.push(charge);
  }
  return { charges, extras };
}

function chargeOf(sku: string, usd: number | null): Charge | null {
  const [, mode, stem, rest = ''] = pattern.exec(sku) ?? [];
  if (stem === undefined) return null;
  const size = rest.match(/_(\d+[pk])/)?.[1] ?? null;
  return {
    mode: mode === 'text' || mode === 'image' ? mode : null,
    sound: rest.includes('_with_audio') ? true : rest.includes('_without_audio') ? false : null,
    size: size === '2160p' ? '4k' : size,
    unit: stem === 'video_tokens' ? 'tokens' : stem.startsWith('cents') ? 'cents' : 'usd',
    usd,
  };
}

type Wanted = { mode: Mode; sound: boolean; size: Resolution };

/** Null if no charge fits, or if one that fits has no valid price. */
function usdPerSecond(charges: readonly Charge[], wanted: Wanted): number | null {
  const fits = (charge: Charge) =>
    (charge.mode === null || charge.mode === wanted.mode) &&
    (charge.sound === null || charge.sound === wanted.sound) &&
    (charge.size === null || charge.size === wanted.size);
  const fitting = charges.filter(fits);
  const best = fitting.filter((one) => !fitting.some((other) => isMoreExact(other, one)));
  if (best.length === 0) return null;
  let dearest = 0;
  for (const { usd, unit } of best) {
    if (usd === null) return null;
    const factor = unit === 'tokens' ? tokensPerSecond[wanted.size] : unit === 'cents' ? 0.01 : 1;
    dearest = Math.max(dearest, usd * factor);
  }
  return dearest;
}

/** Whether a charge names everything that the other one names, and more. Both fit the same wish. */
function isMoreExact(one: Charge, other: Charge): boolean {
  const named = ({ mode, sound, size }: Charge) => [mode, sound, size].map((part) => part !== null);
  const [mine, theirs] = [named(one), named(other)];
  return theirs.every((isNamed, at) => !isNamed || mine[at]) && mine.some((isNamed, at) => isNamed && !theirs[at]);
}
