import { appendFileSync, createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type ProvidedKind, providedKinds } from '../../src/domain.ts';
import {
  type AnyProvider,
  type Call,
  type Capabilities,
  type ModelPrices,
  noCapabilities,
  type Provider,
  type ProviderCost,
  ProviderError,
} from '../../src/pipeline/providers/provider.ts';
import { createProviders, fixedSource, type Providers } from '../../src/pipeline/providers/registry.ts';

/**
 * A stand-in for a vendor on the internet, as the pipeline sees one. It answers at once, records every request in a file (which
 * survives a killed process), and can misbehave on request.
 */
export type VendorBehaviour = {
  /** The number of polls that answer "working" before a video is done. */
  pollsUntilDone?: number;
  /** The delay before a video's first poll. Milliseconds. */
  firstPollAfterMs?: number;
  /** The delay before each further poll. Milliseconds. */
  pollAfterMs?: number;
  /** The error that every submit of a step throws. */
  failing?: Partial<Record<ProvidedKind, () => Error>>;
  /** The error that every submit of the steps with these numbers throws. */
  failingSteps?: Readonly<Record<number, () => Error>>;
  /** Milliseconds that the submits of the steps with these numbers take. */
  slowSteps?: Readonly<Record<number, number>>;
  /** Submits of videos are answered together, once there are that many. */
  holdVideos?: number;
  /** The error of a poll of a video, for as long as there is one. */
  failingPolls?: () => Error | undefined;
  /** Further capabilities of the model that makes videos. */
  video?: Partial<Capabilities>;
  /** Further capabilities of the model that writes words. */
  enhance?: Partial<Capabilities>;
  /** What it publishes as its prices. */
  prices?: Partial<Record<ProvidedKind, ModelPrices>>;
  /** What it reports as the charge of a step. Left out: nothing. */
  charges?: Partial<Record<ProvidedKind, ProviderCost>>;
  /** Milliseconds that every submit takes, unless its signal aborts it. */
  submitMs?: number;
  /** Another model for images and one for videos, which are not the first choice, and aliases for models. */
  choice?: { aliases?: Readonly<Record<string, readonly string[]>>; isGone?: () => boolean };
  /** Further models, none of which is the first choice. They do the same as the usual model of their step. */
  extraModels?: readonly ExtraModel[];
  /** A step whose answer takes more memory than the process has. */
  exhausting?: ProvidedKind;
  /** A step whose submit never answers, and ignores its signal. */
  deaf?: ProvidedKind;
  /** The image starts to arrive, and never ends. */
  stalling?: 'image';
  /** Further models, after the usual one of their step. */
  others?: readonly OtherModel[];
  /** The operator's names for models. */
  aliases?: ReadonlyMap<string, readonly string[]>;
};

type ExtraModel = {
  step: ProvidedKind;
  model: string;
  title?: string;
  can?: Partial<Capabilities>;
  prices?: ModelPrices;
};

type OtherModel = {
  step: 'image' | 'video';
  model: string;
  can?: Partial<Capabilities>;
  prices?: ModelPrices;
  /** The error that every submit throws. */
  failing?: () => Error;
};

const asked = z.object({
  /** `answer` ends the submit of the same step. */
  call: z.enum(['submit', 'answer', 'poll', 'download', 'cancel']),
  step: z.enum(providedKinds),
  runId: z.string(),
  /** The number of the step in its run. */
  number: z.int(),
  /** A video begins with an image, or makes a clip longer. */
  from: z.enum(['text', 'image', 'clip']).optional(),
  references: z.int().optional(),
  /** An image is another one, changed. */
  edits: z.enum(['change', 'vary', 'better']).optional(),
  prompt: z.string().optional(),
  /** Left out for the usual model of the step. */
  model: z.string().optional(),
});
type Asked = z.infer<typeof asked>;

const can: Capabilities = {
  ...noCapabilities,
  qualities: ['standard', 'hd'],
  durations: [3, 5, 8, 15],
  resolutions: ['720p', '1080p'],
  references: 2,
};

export function createVendor(
  files: { journal: string; image: string; video: string },
  how: VendorBehaviour = {},
): Providers {
  const note = (
    call: Asked['call'],
    step: ProvidedKind,
    { runId, stepNumber: number }: Call,
    more: Partial<Asked> = {},
  ) => appendFileSync(files.journal, `${JSON.stringify({ call, step, runId, number, ...more })}\n`);

  async function accept(step: ProvidedKind, call: Call, more: Partial<Asked> = {}): Promise<void> {
    note('submit', step, call, more);
    if (how.deaf === step) await new Promise(() => {});
    const slowMs = how.slowSteps?.[call.stepNumber];
    if (slowMs) await delay(slowMs, undefined, { signal: call.signal });
    if (step === 'video' && how.holdVideos !== undefined) await gathered(how.holdVideos);
    if (how.submitMs) await delay(how.submitMs, undefined, { signal: call.signal });
    if (how.exhausting === step) exhaust();
    const other = how.others?.find((one) => one.model === more.model);
    const failing = other ? other.failing : (how.failing?.[step] ?? how.failingSteps?.[call.stepNumber]);
    note('answer', step, call);
    if (failing) throw failing();
  }

  const held: (() => void)[] = [];
  async function gathered(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      held.push(resolve);
      if (held.length === count) for (const release of held) release();
    });
  }

  const common = { id: 'vendor', vendor: null, capabilities: can, expectedMs: () => 100 };
  const charged = (kind: ProvidedKind) => {
    const cost = how.charges?.[kind];
    return cost ? { cost } : {};
  };
  const never = async () => {
    throw new ProviderError('invalid_request', 'this step answers at once');
  };

  const enhance: Provider<'enhance'> = {
    ...common,
    prices: how.prices?.enhance ?? null,
    step: 'enhance',
    model: 'vendor-words',
    // It looks at no pictures, so that a run has as few steps as possible.
    capabilities: { ...can, references: 0, ...how.enhance },
    submit: async ({ prompt, scenes }, call) => {
      await accept('enhance', call);
      const shot = (part: string) => ({ image: `${prompt}, ${part}in soft light`, motion: `slowly towards ${prompt}` });
      const shots = scenes.map((_, index) => shot(`part ${index + 1}, `));
      const output = { ...(shots[0] ?? shot('')), ...(shots.length > 0 ? { shots } : {}) };
      return { outcome: 'finished', output, ...charged('enhance') };
    },
    poll: never,
    download: never,
    cancel: async () => {},
  };
  const image = (model: string, other?: OtherModel): Provider<'image'> => ({
    ...common,
    capabilities: { ...can, ...other?.can },
    prices: (other ? other.prices : how.prices?.image) ?? null,
    step: 'image',
    model,
    submit: async ({ references, edit, prompt }, call) => {
      const named = other ? { model } : {};
      const edits = edit ? { edits: edit.how } : {};
      await accept('image', call, { references: references.length, prompt, ...edits, ...named });
      const content = readFileSync(files.image);
      const body = how.stalling ? stalled(content.subarray(0, 100)) : Readable.from([content]);
      return { outcome: 'finished', output: { body }, ...charged('image') };
    },
    poll: never,
    download: never,
    cancel: async () => {},
  });
  const video = (model: string, other?: OtherModel): Provider<'video'> => ({
    ...common,
    step: 'video',
    model,
    capabilities: { ...can, ...how.video, ...other?.can },
    prices: (other ? other.prices : how.prices?.video) ?? null,
    submit: async ({ start, prompt }, call) => {
      await accept('video', call, { from: start.from, prompt, ...(other ? { model } : {}) });
      const handle = { operation: call.runId, number: call.stepNumber };
      return { outcome: 'accepted', handle, pollAfterMs: how.firstPollAfterMs ?? 1 };
    },
    poll: async (_handle, call) => {
      note('poll', 'video', call);
      const failure = how.failingPolls?.();
      if (failure) throw failure;
      const polls = readJournal(files.journal).filter(
        (line) => line.call === 'poll' && line.runId === call.runId && line.number === call.stepNumber,
      ).length;
      return polls > (how.pollsUntilDone ?? 1)
        ? { outcome: 'finished', ...charged('video') }
        : { outcome: 'working', fraction: 0.5, pollAfterMs: how.pollAfterMs ?? 1 };
    },
    download: async (_handle, call) => {
      note('download', 'video', call);
      return { body: createReadStream(files.video) };
    },
    cancel: async (_handle, call) => note('cancel', 'video', call),
  });
  const [usualImage, usualVideo] = [image('vendor-image'), video('vendor-video')];
  const usual: Record<ProvidedKind, AnyProvider> = { enhance, image: usualImage, video: usualVideo };
  const others = (how.others ?? []).map((one) => (one.step === 'image' ? image : video)(one.model, one));
  const extra = (how.extraModels ?? []).map(({ step, model, title = model, can: able, prices = null }): AnyProvider => {
    const one = usual[step];
    return { ...one, model, title, prices, capabilities: { ...one.capabilities, ...able } };
  });
  const second = how.choice ? otherModels(usualImage, usualVideo) : [];
  const few = fixedSource([enhance, usualImage, usualVideo]);
  const all = fixedSource([enhance, usualImage, usualVideo, ...others, ...second, ...extra]);
  const source = { offered: () => (how.choice?.isGone?.() ? few : all).offered(), find: all.find };
  const aliases = how.aliases ?? new Map(Object.entries(how.choice?.aliases ?? {}));
  return createProviders([source], [], new Set(), { named: {}, aliases });
}

/** Models with other abilities and published prices: $0.04 an image, and 10 or 12 cents a second of video. */
function otherModels(image: Provider<'image'>, video: Provider<'video'>) {
  const perImage = { wide: 40_000, tall: 40_000, square: 40_000 };
  const second = { silent: 100_000, sound: 120_000 };
  return [
    {
      ...image,
      model: 'studio/other-image',
      title: 'The Other Painter',
      prices: { kind: 'image', perImage: { standard: perImage, hd: perImage }, perPicture: 0 },
    },
    {
      ...video,
      model: 'studio/other-video',
      title: 'The Other Camera',
      capabilities: { ...can, durations: [4, 8, 10], resolutions: ['720p', '1080p', '4k'] },
      prices: { kind: 'video', perSecond: { '720p': second, '1080p': second, '4k': second } },
    },
  ] as const satisfies readonly AnyProvider[];
}

function stalled(beginning: Uint8Array): Readable {
  let hasBegun = false;
  return new Readable({
    read() {
      if (!hasBegun) this.push(beginning);
      hasBegun = true;
    },
  });
}

function exhaust(): never {
  const kept: number[][] = [];
  for (;;) kept.push(new Array<number>(4_000_000).fill(kept.length + 0.5));
}

export function readJournal(path: string): Asked[] {
  const lines = readFileSync(path, { encoding: 'utf8', flag: 'a+' }).split('\n');
  return lines.filter((line) => line !== '').map((line) => asked.parse(JSON.parse(line)));
}

/** How often each step of a run was submitted to the vendor, which would have billed each time. */
export function submitsOf(path: string, runId: string): Record<ProvidedKind, number> {
  const submits = readJournal(path).filter((line) => line.call === 'submit' && line.runId === runId);
  const count = (kind: ProvidedKind) => submits.filter((line) => line.step === kind).length;
  return { enhance: count('enhance'), image: count('image'), video: count('video') };
}

/** How often each step of a run was submitted, by its number. Steps that were never submitted are left out. */
export function submitsByNumber(path: string, runId: string): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { call, runId: of, number } of readJournal(path)) {
    if (call === 'submit' && of === runId) counts[number] = (counts[number] ?? 0) + 1;
  }
  return counts;
}
