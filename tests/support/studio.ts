import { appendFileSync, createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type StepKind, stepKinds } from '../../src/domain.ts';
import { type Call, type Capabilities, type Provider, ProviderError } from '../../src/pipeline/providers/provider.ts';
import { createProviders, type Providers } from '../../src/pipeline/providers/registry.ts';

/**
 * A stand-in for a vendor on the internet, as the pipeline sees one. It answers at once, records every request in a file (which
 * survives a killed process), and can misbehave on request.
 */
export type VendorBehaviour = {
  /** The number of polls that answer "working" before a video is done. */
  pollsUntilDone?: number;
  /** The delay before a video's first poll. Milliseconds. */
  firstPollAfterMs?: number;
  /** The error that every submit of a step throws. */
  failing?: Partial<Record<StepKind, () => Error>>;
  /** Milliseconds that every submit takes, unless its signal aborts it. */
  submitMs?: number;
  /** A step whose answer takes more memory than the process has. */
  exhausting?: StepKind;
  /** A step whose submit never answers, and ignores its signal. */
  deaf?: StepKind;
  /** The image starts to arrive, and never ends. */
  stalling?: 'image';
};

const asked = z.object({
  call: z.enum(['submit', 'poll', 'download', 'cancel']),
  step: z.enum(stepKinds),
  runId: z.string(),
});
type Asked = z.infer<typeof asked>;

const can: Capabilities = {
  aspects: ['wide', 'tall', 'square'],
  qualities: ['standard', 'hd'],
  durations: [3, 5, 8, 15],
  resolutions: ['720p', '1080p'],
};

export function createVendor(
  files: { journal: string; image: string; video: string },
  how: VendorBehaviour = {},
): Providers {
  const note = (call: Asked['call'], step: StepKind, { runId }: Call) =>
    appendFileSync(files.journal, `${JSON.stringify({ call, step, runId })}\n`);

  async function accept(step: StepKind, call: Call): Promise<void> {
    note('submit', step, call);
    if (how.deaf === step) await new Promise(() => {});
    if (how.submitMs) await delay(how.submitMs, undefined, { signal: call.signal });
    if (how.exhausting === step) exhaust();
    const failing = how.failing?.[step];
    if (failing) throw failing();
  }

  const common = { id: 'vendor', vendor: null, capabilities: can, expectedMs: () => 100 };
  const never = async () => {
    throw new ProviderError('invalid_request', 'this step answers at once');
  };

  const enhance: Provider<'enhance'> = {
    ...common,
    step: 'enhance',
    model: 'vendor-words',
    submit: async ({ prompt }, call) => {
      await accept('enhance', call);
      return { outcome: 'finished', output: { image: `${prompt}, in soft light`, motion: `slowly towards ${prompt}` } };
    },
    poll: never,
    download: never,
    cancel: async () => {},
  };
  const image: Provider<'image'> = {
    ...common,
    step: 'image',
    model: 'vendor-image',
    submit: async (_request, call) => {
      await accept('image', call);
      const content = readFileSync(files.image);
      const body = how.stalling ? stalled(content.subarray(0, 100)) : Readable.from([content]);
      return { outcome: 'finished', output: { body } };
    },
    poll: never,
    download: never,
    cancel: async () => {},
  };
  const video: Provider<'video'> = {
    ...common,
    step: 'video',
    model: 'vendor-video',
    submit: async (_request, call) => {
      await accept('video', call);
      return { outcome: 'accepted', handle: { operation: call.runId }, pollAfterMs: how.firstPollAfterMs ?? 1 };
    },
    poll: async (_handle, call) => {
      note('poll', 'video', call);
      const polls = readJournal(files.journal).filter(
        (line) => line.call === 'poll' && line.runId === call.runId,
      ).length;
      return polls > (how.pollsUntilDone ?? 1)
        ? { outcome: 'finished' }
        : { outcome: 'working', fraction: 0.5, pollAfterMs: 1 };
    },
    download: async (_handle, call) => {
      note('download', 'video', call);
      return { body: createReadStream(files.video) };
    },
    cancel: async (_handle, call) => note('cancel', 'video', call),
  };
  return createProviders([enhance, image, video], [], new Set());
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
export function submitsOf(path: string, runId: string): Record<StepKind, number> {
  const submits = readJournal(path).filter((line) => line.call === 'submit' && line.runId === runId);
  const count = (kind: StepKind) => submits.filter((line) => line.step === kind).length;
  return { enhance: count('enhance'), image: count('image'), video: count('video') };
}
