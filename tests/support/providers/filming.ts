import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { rulesEnhancer } from '../../../src/demo/rules.ts';
import type { Vendor } from '../../../src/domain.ts';
import { createCatalogues } from '../../../src/pipeline/catalogues.ts';
import type { AnyProvider, Provider } from '../../../src/pipeline/providers/provider.ts';
import { createProviders, type ProviderSource } from '../../../src/pipeline/providers/registry.ts';
import type { Program } from '../../../src/program.ts';
import { realSources } from '../../../src/providers.ts';
import { testConfig } from '../config.ts';
import { makeFilm } from '../films.ts';
import type { Installation } from '../program.ts';
import { temporaryDirectory } from '../temporary.ts';
import { formOf, type OpenAiStub } from './openai.ts';
import type { Received } from './server.ts';
import { startVendors } from './vendors.ts';
import { startVeo, veoDone, veoOptions } from './veo.ts';

/** Stand-ins of both vendors whose films are as long as they were asked to be, and the requests that they received. */

export const framesPerSecond = 8;
/** The luma of films that follow each other, so that a test can tell them apart. */
const shades = [40, 80, 120] as const;
const bar = { luma: 100, width: 8, step: 4 };
const size = { width: 64, height: 36 };

/** A small film with sound. `brightness` is its mean luma in every frame, from 0 to 255. */
export type MadeFilm = { bytes: Buffer; seconds: number; shade: number; brightness: number };

const films = new Map<string, Promise<MadeFilm>>();

/** The film of a call, by its place among the calls of a run. A bar moves through it, so every frame differs from the next one. */
export function filmOfCall(seconds: number, index: number): Promise<MadeFilm> {
  const shade = shades[index % shades.length] ?? shades[0];
  const name = `${seconds} ${shade}`;
  const film = films.get(name) ?? makeOnce(seconds, shade);
  films.set(name, film);
  return film;
}

async function makeOnce(seconds: number, shade: number): Promise<MadeFilm> {
  const { width, height } = size;
  const luma = `lum='${shade}+${bar.luma}*lt(mod(X+${bar.step}*N,${width}),${bar.width})':cb=128:cr=128`;
  const picture = `nullsrc=size=${width}x${height}:rate=${framesPerSecond}:duration=${seconds},geq=${luma}`;
  const path = join(await temporaryDirectory(), 'film.mp4');
  const bytes = await readFile(await makeFilm(path, { picture, sound: `sine=duration=${seconds}` }));
  return { bytes, seconds, shade, brightness: shade + (bar.luma * bar.width) / width };
}

/** Expects a picture to be the frame of a film that ends at a second (the last one if left out), and not the one before it. */
export async function expectFrame(
  picture: Buffer | null | undefined,
  film: MadeFilm | undefined,
  second = film?.seconds ?? 0,
): Promise<void> {
  if (!picture || !film) throw new Error('there is no picture');
  const { data, info } = await sharp(picture).greyscale().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([size.width, size.height]);
  const differenceTo = (frame: number): number => {
    const differences = [...data].map((value, index) => Math.abs(value - greyIn(film, frame, index % size.width)));
    return differences.reduce((sum, one) => sum + one, 0) / differences.length;
  };
  const frame = second * framesPerSecond - 1;
  expect(differenceTo(frame)).toBeLessThan(4);
  expect(differenceTo(frame - 1)).toBeGreaterThan(10);
}

/** The grey in a column of a frame, from 0 to 255. */
function greyIn({ shade }: MadeFilm, frame: number, column: number): number {
  const luma = (column + bar.step * frame) % size.width < bar.width ? shade + bar.luma : shade;
  return ((luma - 16) * 255) / 219;
}

export const sha256Of = (film: MadeFilm | undefined): string | undefined =>
  film && createHash('sha256').update(film.bytes).digest('hex');

/** The color of a picture that has one color, roughly. */
export async function colorOf(picture: Buffer): Promise<string> {
  const { dominant } = await sharp(picture).stats();
  return [dominant.r, dominant.g, dominant.b].map((value) => (value > 127 ? '1' : '0')).join('');
}

/** A request for a video: the seconds, the words, and the picture or the clip with which it begins. */
export type FilmCall = {
  seconds: number;
  prompt: string;
  picture: Buffer | null;
  /** The frame at which the video ends. */
  last: Buffer | null;
  /** The id of the interaction that made the clip, or the clip itself in base64. */
  clip: string | null;
};

const omniRequest = z.object({
  input: z.tuple([z.object({ text: z.string() })], z.object({ data: z.base64() })),
  previous_interaction_id: z.string().optional(),
  response_format: z.object({ duration: z.string() }),
});

function omniCalls(requests: readonly Received[]): FilmCall[] {
  return requests.map(({ body }) => {
    const { input, previous_interaction_id: clip = null, response_format: format } = omniRequest.parse(body);
    const [{ text: prompt }, ...images] = input;
    const [picture = null, last = null] = images.map(({ data }) => Buffer.from(data, 'base64'));
    return { seconds: Number.parseInt(format.duration, 10), prompt, picture, last, clip };
  });
}

const encoded = z.object({ bytesBase64Encoded: z.base64() });
const veoRequest = z.object({
  instances: z.tuple([
    z.object({
      prompt: z.string(),
      image: encoded.optional(),
      lastFrame: encoded.optional(),
      video: encoded.optional(),
    }),
  ]),
  parameters: z.object({ durationSeconds: z.number() }),
});

function veoCalls(requests: readonly Received[]): FilmCall[] {
  return requests.map(({ body }) => {
    const { instances, parameters } = veoRequest.parse(body);
    const [{ prompt, image, lastFrame, video }] = instances;
    const bytes = (one?: z.infer<typeof encoded>) => (one ? Buffer.from(one.bytesBase64Encoded, 'base64') : null);
    const clip = video?.bytesBase64Encoded ?? null;
    return { seconds: parameters.durationSeconds, prompt, picture: bytes(image), last: bytes(lastFrame), clip };
  });
}

/** Calls in brief: `+` makes the clip before longer, and `|` begins another clip. */
export const inBrief = (calls: readonly FilmCall[]): string =>
  calls.map(({ seconds, clip }, at) => `${clip === null ? (at === 0 ? '' : '|') : '+'}${seconds}`).join(' ');

/** The length of the clip that each of such calls returns, in seconds. */
function clipLengths(brief: string): number[] {
  const lengths: number[] = [];
  for (const call of brief.split(' ')) {
    const seconds = Number(call.replace(/^[+|]/, ''));
    lengths.push(call.startsWith('+') ? (lengths.at(-1) ?? 0) + seconds : seconds);
  }
  return lengths;
}

/** The pictures that the OpenAI stand-in received in their order (the one to change comes first), by request for an image. */
export const referencesOf = (openai: OpenAiStub): Promise<Buffer[][]> =>
  Promise.all(
    openai.posts(/images\/edits/).map(async (request) => {
      const files = z.array(z.file()).parse((await formOf(request))['image[]']);
      return await Promise.all(files.map(async (file) => Buffer.from(await file.arrayBuffer())));
    }),
  );

const sight = z.object({
  input: z.tuple([z.object({ content: z.array(z.object({ image_url: z.string().optional() })) })]),
});

/** The pictures that a request to OpenAI's language model shows. */
function picturesSeen({ body }: Received): Buffer[] {
  const [message] = sight.safeParse(body).data?.input ?? [];
  const urls = message?.content.flatMap(({ image_url }) => image_url ?? []) ?? [];
  return urls.map((url) => Buffer.from(url.replace(/^.*;base64,/, ''), 'base64'));
}

/** The picture that a request for a motion shows. Null for a request without one. */
export const pictureSeen = (request: Received): Buffer | null => picturesSeen(request).at(0) ?? null;

export const image = (background: string): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 36, channels: 3, background } })
    .png()
    .toBuffer();

/** OpenAI and Omni. Their operator has a key for each. */
export async function startOmniStudio() {
  const { openai, omni, environment } = await startVendors();
  openai.image.bytes = await image('#c65d21');
  const calls = () => omniCalls(omni.posts(/interactions$/));
  /** The films of these calls, in order. */
  const expectCalls = async (brief: string): Promise<MadeFilm[]> => {
    const made = await Promise.all(clipLengths(brief).map(filmOfCall));
    for (const [index, { bytes }] of made.entries()) omni.films.set(`it-${index + 1}`, bytes);
    return made;
  };
  const billed = () => omni.billed.map(({ seconds }) => seconds);
  return { openai, omni, environment, calls, expectCalls, billed };
}

/** OpenAI and Veo, which signs in by Google's own library. */
export async function startVeoStudio() {
  const [{ openai, environment: both }, veo] = [await startVendors(), await startVeo()];
  openai.image.bytes = await image('#c65d21');
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', (await veoOptions(veo)).auth?.keyFilename ?? '');
  onTestFinished(() => void vi.unstubAllEnvs());
  // Every operation has a film of its own, which takes the place of this one.
  veo.states.push(veoDone(Buffer.from('no film')));
  const environment = {
    OPENAI_API_KEY: String(both.OPENAI_API_KEY),
    OPENAI_BASE_URL: String(both.OPENAI_BASE_URL),
    GOOGLE_BASE_URL: veo.url,
    GOOGLE_CLOUD_PROJECT: 'a-project',
    VIDEO_MODEL: 'veo-3.1-generate-001',
  };
  const calls = () => veoCalls(veo.posts(/predictLongRunning$/));
  const expectCalls = async (brief: string): Promise<MadeFilm[]> => {
    const made = await Promise.all(clipLengths(brief).map(filmOfCall));
    for (const [index, { bytes }] of made.entries()) veo.films.set(index + 1, bytes);
    return made;
  };
  const billed = () => veo.billed;
  return { openai, veo, environment, calls, expectCalls, billed };
}

/**
 * A worker that asks for a film as soon as it was sent, because the stand-ins have it at once. It reads the catalogues that the
 * database has now.
 */
export async function openPolledAtOnce(
  installation: Installation,
  environment: Record<string, string>,
): Promise<Program> {
  const { providers } = testConfig(installation.database.url, installation.home, environment);
  const withKeys = new Set<Vendor>(providers.keys.keys());
  const { models: named, aliases } = providers;
  const preferences = { named, aliases, rules: rulesEnhancer };
  const catalogues = createCatalogues(installation.database.db);
  await catalogues.refresh();
  const sources = realSources(providers, catalogues.of).map(allPolledAtOnce);
  const registry = createProviders(sources, [], withKeys, preferences);
  return await installation.open({ worker: true, environment, providers: registry });
}

const allPolledAtOnce = (source: ProviderSource): ProviderSource => ({
  offered: () => source.offered().map(polledAtOnce),
  find: (...which) => {
    const found = source.find(...which);
    return found && polledAtOnce(found);
  },
});

const polledAtOnce = (provider: AnyProvider): AnyProvider =>
  provider.step === 'video' ? sentThrough(provider) : provider;

const sentThrough = (provider: Provider<'video'>): Provider<'video'> => ({
  ...provider,
  submit: async (request, call) => {
    const submitted = await provider.submit(request, call);
    return submitted.outcome === 'accepted' ? { ...submitted, pollAfterMs: 1 } : submitted;
  },
});
