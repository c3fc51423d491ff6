import type { Aspect, JsonValue, Quality, Resolution } from '../../../domain.ts';
import { type Capabilities, type Extension, type ModelPrices, noCapabilities, type ProviderCost } from '../provider.ts';

export const defaultGoogleTextModel = 'gemini-3.8-flash';
export const defaultGoogleImageModel = 'gemini-nano-banana-2.1';
export const defaultOmniModel = 'gemini-omni-1.2-flash';
export const defaultVeoModel = 'veo-3.1-generate-001';

export const aspectRatio = { wide: '16:9', tall: '9:16', square: '1:1' } as const satisfies Record<Aspect, string>;

function seconds(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** The documents of the Nano Banana models promise at least six pictures. */
export const googleImageCapabilities: Capabilities = {
  ...noCapabilities,
  qualities: ['standard', 'hd'],
  references: 6,
};
export const googleImageSize = { standard: '1K', hd: '2K' } as const satisfies Record<Quality, string>;
export const googleImageUsualMs = { standard: 12_000, hd: 20_000 } as const satisfies Record<Quality, number>;

/** The prices are millionths of a US dollar per second. */
type VideoModel = { capabilities: Capabilities; perSecond: VideoPrices };
type VideoPrices = Extract<ModelPrices, { kind: 'video' }>['perSecond'];

const omniResolutions: readonly Resolution[] = ['720p', '1080p', '4k'];

const omniRange = (maxLength: number): Capabilities => ({
  ...noCapabilities,
  aspects: ['wide', 'tall'],
  durations: seconds(3, maxLength),
  resolutions: omniResolutions,
  seed: true,
});

/** An extension adds 3 to 10 seconds, up to 30 in all with an API key. Source: the vendor's guide to Omni, November 2026. */
const omniExtension: Extension = { seconds: seconds(3, 10), maxSeconds: 30, resolutions: omniResolutions };

/** Up to six reference images, and 3 to 10 seconds between a first and a last frame. Source: the same guide. */
const knownOmni = (maxLength: number): Capabilities => ({
  ...omniRange(maxLength),
  extension: omniExtension,
  lastFrame: seconds(3, 10),
  references: 6,
});

/** The sound of Omni cannot be switched off, so a silent second costs as much. */
const withSound = (microUsd: number) => ({ silent: microUsd, sound: microUsd });

/**
 * Source: resellers' statements of Google's list price, read in November 2026. What a call reads ($1.50 per million tokens) and thinks
 * ($9) comes on top. It is about a cent, however long the video is.
 */
const omniModels: Record<string, VideoModel> = {
  'gemini-omni-1.2-flash': {
    capabilities: knownOmni(15),
    perSecond: { '720p': withSound(70_000), '1080p': withSound(105_000), '4k': withSound(210_000) },
  },
  'gemini-omni-1.1-flash': {
    capabilities: knownOmni(10),
    perSecond: { '720p': withSound(100_000), '1080p': withSound(150_000), '4k': withSound(300_000) },
  },
};
export const knownOmniModels = Object.keys(omniModels);
/** Capabilities that we assume of an unknown model. */
const unknownOmni: VideoModel = { capabilities: omniRange(10), perSecond: {} };

export function omniModel(id: string): VideoModel {
  return omniModels[id] ?? unknownOmni;
}

/**
 * Veo's durations are the vendor's 4, 6 or 8 seconds. We do not offer 4k: such a film may be too large for an answer, Google Cloud
 * then asks for a bucket, and we configure none.
 */
const veoRange: Capabilities = {
  ...noCapabilities,
  aspects: ['wide', 'tall'],
  durations: [4, 6, 8],
  resolutions: ['720p', '1080p'],
  variants: 4,
  seed: true,
};

/**
 * An extension of Veo 3.1 adds exactly 7 seconds to a clip of at most 30. We make 720p longer and nothing else, because older
 * documents forbid it at 1080p. Source: the vendor's guide to extensions, November 2026.
 */
const veoExtension: Extension = { seconds: [7], maxSeconds: 37, resolutions: ['720p'] };

/** We ask for 8 seconds between two frames, because older documents allow no others. Source: the vendor's guide to Veo. */
const veo31: Capabilities = {
  ...veoRange,
  extension: veoExtension,
  lastFrame: [8],
};

/**
 * Source: Google Cloud's page of prices and Google's page of the Gemini API, as they are quoted between April and October 2026. (Older
 * quotes have $0.15 for Fast, which became cheaper in April.)
 */
const veoModels: Record<string, VideoModel> = {
  'veo-3.1-generate-001': {
    capabilities: veo31,
    perSecond: { '720p': { silent: 200_000, sound: 400_000 }, '1080p': { silent: 200_000, sound: 400_000 } },
  },
  'veo-3.1-fast-generate-001': {
    capabilities: veo31,
    perSecond: { '720p': { silent: 80_000, sound: 100_000 }, '1080p': { silent: 100_000, sound: 120_000 } },
  },
  'veo-3.1-lite-generate-001': {
    capabilities: veo31,
    perSecond: { '720p': { silent: 30_000, sound: 50_000 }, '1080p': { silent: 50_000, sound: 80_000 } },
  },
};
export const knownVeoModels = Object.keys(veoModels);
/** Capabilities that we assume of an unknown model. */
const unknownVeo: VideoModel = { capabilities: veoRange, perSecond: {} };

export function veoModel(id: string): VideoModel {
  return veoModels[id] ?? unknownVeo;
}

/** The published prices of a model of videos. Null if we know none. */
export const videoPrices = ({ perSecond }: VideoModel): ModelPrices | null =>
  Object.keys(perSecond).length > 0 ? { kind: 'video', perSecond } : null;

/** Google reports no charge for a video, so this is its published price: an estimate. */
export function videoCost(
  model: VideoModel,
  video: { seconds: number; resolution: Resolution; audio: boolean },
  usage: JsonValue,
): ProviderCost {
  const second = model.perSecond[video.resolution];
  if (!second) return { microUsd: null, usage };
  const microUsd = Math.round((video.audio ? second.sound : second.silent) * video.seconds);
  return { microUsd, usage, isEstimate: true };
}

/**
 * A first guess at a video's duration in milliseconds: half a minute, plus more for length and resolution. Estimates from real
 * runs replace it.
 */
export function videoUsualMs({ duration, resolution }: { duration: number; resolution: Resolution }): number {
  const perSecond = { '720p': 6_000, '1080p': 9_000, '4k': 15_000 }[resolution];
  return 30_000 + duration * perSecond;
}

/** VidGenie polls after 5 s, then after 10 s, then every 15 s. */
export const firstPollMs = 5_000;

export function nextPollMs(sinceSubmitMs: number): number {
  return sinceSubmitMs < 10_000 ? 10_000 : 15_000;
}
