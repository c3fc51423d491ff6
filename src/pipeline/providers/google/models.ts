import type { Aspect, JsonValue, Quality, Resolution } from '../../../domain.ts';
import type { Capabilities, ProviderCost } from '../provider.ts';

export const defaultGoogleTextModel = 'gemini-3.8-flash';
export const defaultGoogleImageModel = 'gemini-nano-banana-2.1';
export const defaultOmniModel = 'gemini-omni-1.2-flash';
export const defaultVeoModel = 'veo-3.1-generate-001';

export const aspectRatio = { wide: '16:9', tall: '9:16', square: '1:1' } as const satisfies Record<Aspect, string>;

function seconds(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

export const googleImageCapabilities: Capabilities = {
  aspects: ['wide', 'tall', 'square'],
  qualities: ['standard', 'hd'],
  durations: [],
  resolutions: [],
};
export const googleImageSize = { standard: '1K', hd: '2K' } as const satisfies Record<Quality, string>;
export const googleImageUsualMs = { standard: 12_000, hd: 20_000 } as const satisfies Record<Quality, number>;

/**
 * Millionths of a US dollar per token: $1.50 in, $7.50 text out, $30 image out per million (LiteLLM's announcement, October
 * 2026).
 */
const bananaPrices: Record<string, { input: number; textOutput: number; imageOutput: number }> = {
  'gemini-nano-banana-2.1': { input: 1.5, textOutput: 7.5, imageOutput: 30 },
};

export function googleImageCost(
  model: string,
  tokens: { input: number; imageOutput: number; textOutput: number },
): ProviderCost {
  const price = bananaPrices[model];
  if (!price) return { microUsd: null, usage: tokens };
  const microUsd =
    tokens.input * price.input + tokens.imageOutput * price.imageOutput + tokens.textOutput * price.textOutput;
  return { microUsd: Math.round(microUsd), usage: tokens };
}

type VideoModel = { capabilities: Capabilities; microUsdPerSecond: Partial<Record<Resolution, number>> };

const omniRange = (maxLength: number): Capabilities => ({
  aspects: ['wide', 'tall'],
  qualities: [],
  durations: seconds(3, maxLength),
  resolutions: ['720p', '1080p', '4k'],
});

/** Prices per second of video, sound included. Source: resellers' statements of Google's list price, read in November 2026. */
const omniModels: Record<string, VideoModel> = {
  'gemini-omni-1.2-flash': {
    capabilities: omniRange(15),
    microUsdPerSecond: { '720p': 70_000, '1080p': 105_000, '4k': 210_000 },
  },
  'gemini-omni-1.1-flash': {
    capabilities: omniRange(10),
    microUsdPerSecond: { '720p': 100_000, '1080p': 150_000, '4k': 300_000 },
  },
};
/** Capabilities that we assume of an unknown model. */
const unknownOmni: VideoModel = { capabilities: omniRange(10), microUsdPerSecond: {} };

export function omniModel(id: string): VideoModel {
  return omniModels[id] ?? unknownOmni;
}

/**
 * Veo's durations are the vendor's 4, 6 or 8 seconds. Its resolutions, 720p and 1080p, come from the SDK's own documentation. We
 * know no price for certain.
 */
export const veoModel: VideoModel = {
  capabilities: { aspects: ['wide', 'tall'], qualities: [], durations: [4, 6, 8], resolutions: ['720p', '1080p'] },
  microUsdPerSecond: {},
};

export function videoCost(
  model: VideoModel,
  video: { seconds: number; resolution: Resolution },
  usage: JsonValue,
): ProviderCost {
  const price = model.microUsdPerSecond[video.resolution];
  return { microUsd: price === undefined ? null : Math.round(price * video.seconds), usage };
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
