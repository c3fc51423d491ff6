import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { VeoOptions } from '../../../src/pipeline/providers/google/veo.ts';
import { temporaryDirectory } from '../temporary.ts';
import { json, type Received, type Stub, startStub } from './server.ts';

export type VeoStub = Stub & {
  /** The states that successive polls return. The last one stays. */
  states: Record<string, unknown>[];
  /** The films of single operations, by number from 1. They take the place of the film in a finished state. */
  films: Map<number, Buffer>;
  /** The films of all other operations, by the length of the whole clip in seconds. */
  filmsOfLength: Map<number, Buffer>;
  /** The seconds for which Google charges, in order. */
  billed: number[];
};

/** In the form of Google's sign-in tokens. */
export const cloudToken = 'ya29.CANARYcloud0123456789';

const operationNameOf = (number: number, model = 'veo-3.1-generate-001') =>
  `projects/a-project/locations/us-central1/publishers/google/models/${model}/operations/op-${number}`;
export const operationName = operationNameOf(1);

export const veoWorking = { done: false };
export const veoDone = (bytes: Buffer) => ({
  done: true,
  response: { videos: [{ bytesBase64Encoded: bytes.toString('base64'), mimeType: 'video/mp4' }] },
});
export const veoFiltered = (reason: string) => ({
  done: true,
  response: { raiMediaFilteredCount: 1, raiMediaFilteredReasons: [reason] },
});
export const veoError = (code: number, message: string) => ({ done: true, error: { code, message } });

const text = z.string().min(1);
const aspectRatio = z.enum(['16:9', '9:16']);
const labels = z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/), z.string().regex(/^[a-z0-9_-]{0,63}$/));
const sampling = {
  sampleCount: z.int().min(1).max(4),
  aspectRatio,
  generateAudio: z.boolean(),
  seed: z.int().optional(),
};
const image = z.strictObject({ bytesBase64Encoded: z.base64(), mimeType: z.enum(['image/png', 'image/jpeg']) });
/**
 * A request for a video, as the vendor specifies it. A first frame and a clip exclude each other. A last frame needs a first one, and
 * takes eight seconds.
 */
const creation = z.union([
  z.strictObject({
    instances: z.tuple([z.strictObject({ prompt: text, image, lastFrame: image })]),
    parameters: z.strictObject({
      ...sampling,
      durationSeconds: z.literal(8),
      resolution: z.enum(['720p', '1080p', '4k']),
      resizeMode: z.enum(['CROP', 'PAD']).optional(),
    }),
    labels,
  }),
  z.strictObject({
    instances: z.tuple([z.strictObject({ prompt: text, image })]),
    parameters: z.strictObject({
      ...sampling,
      durationSeconds: z.literal([4, 6, 8]),
      resolution: z.enum(['720p', '1080p', '4k']),
      resizeMode: z.enum(['CROP', 'PAD']).optional(),
    }),
    labels,
  }),
  z.strictObject({
    instances: z.tuple([
      z.strictObject({
        prompt: text,
        video: z.strictObject({ bytesBase64Encoded: z.base64(), mimeType: z.literal('video/mp4') }),
      }),
    ]),
    parameters: z.strictObject({ ...sampling, durationSeconds: z.literal(7), resolution: z.literal('720p') }),
    labels,
  }),
]);

/** Google Cloud takes requests of at most 20 MB, and clips of at most 30 seconds. */
const maxRequestBytes = 20 * 1024 * 1024;
const maxInputSeconds = 30;

/** Veo's long-running operations on Google Cloud. */
export async function startVeo(): Promise<VeoStub> {
  /** The length in seconds of each film that was sent, by its bytes in base64. */
  const sent = new Map<string, number>();
  /** The length of each operation's film in seconds, in order. */
  const lengths: number[] = [];
  const create = ({ raw, body, path }: Received): { name: string } | { refusal: string } => {
    if (raw.length > maxRequestBytes) {
      return { refusal: `Request payload size exceeds the limit: ${maxRequestBytes} bytes.` };
    }
    const parsed = creation.safeParse(body);
    if (!parsed.success) return { refusal: z.prettifyError(parsed.error) };
    const model = path.match(/models\/([^/:]+):/)?.[1] ?? '';
    const { instances, parameters } = parsed.data;
    if (parameters.resolution === '4k' && model.includes('lite')) return { refusal: 'This model makes no 4k.' };
    const [instance] = instances;
    const before = 'video' in instance ? (sent.get(instance.video.bytesBase64Encoded) ?? 0) : 0;
    if (before > maxInputSeconds) return { refusal: `The video is longer than ${maxInputSeconds} seconds.` };
    lengths.push(before + parameters.durationSeconds);
    stub.billed.push(parameters.durationSeconds);
    return { name: operationNameOf(lengths.length, model) };
  };
  /** The state with the film of its operation. */
  const withFilm = (number: number, state: Record<string, unknown> | undefined) => {
    const film = stub.films.get(number) ?? stub.filmsOfLength.get(lengths[number - 1] ?? 0);
    const own = film && doneState.safeParse(state).success ? veoDone(film) : state;
    const bytes = doneState.safeParse(own).data?.response.videos[0]?.bytesBase64Encoded;
    if (bytes) sent.set(bytes, lengths[number - 1] ?? 0);
    return own;
  };
  const stub: VeoStub = Object.assign(
    await startStub((request, response) => {
      const { path } = request;
      if (path === '/token') {
        const issued = { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer' };
        return json(response, 200, { ...issued, access_token: cloudToken, expires_in: 3600 });
      }
      if (/^\/v1\/publishers\/google\/models\/veo-3\.1-generate-001$/.test(path)) {
        return json(response, 200, { name: 'publishers/google/models/veo-3.1-generate-001' });
      }
      if (path.endsWith(':predictLongRunning')) {
        const created = create(request);
        if ('name' in created) return json(response, 200, created);
        return json(response, 400, { error: { code: 400, message: created.refusal, status: 'INVALID_ARGUMENT' } });
      }
      if (path.endsWith(':fetchPredictOperation')) {
        const { operationName: name } = z.object({ operationName: z.string() }).parse(request.body);
        const [state] = stub.states.length > 1 ? stub.states.splice(0, 1) : stub.states;
        return json(response, 200, { name, ...withFilm(Number(name.match(/\/op-(\d+)$/)?.[1]), state) });
      }
      return json(response, 404, { error: { code: 404, message: `no such path ${path}`, status: 'NOT_FOUND' } });
    }),
    { states: [], films: new Map(), filmsOfLength: new Map(), billed: [] },
  );
  return stub;
}

const doneState = z.object({
  done: z.literal(true),
  response: z.object({ videos: z.array(z.object({ bytesBase64Encoded: z.string() })) }),
});

/** Uses the sign-in library's own workload identity federation without any change. Its token service is the stub. */
export async function veoOptions(stub: VeoStub): Promise<VeoOptions> {
  const directory = await temporaryDirectory();
  const subject = join(directory, 'subject-token');
  const keyFilename = join(directory, 'credentials.json');
  await writeFile(subject, 'a-subject-token');
  const credentials = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${stub.url}/token`,
    credential_source: { file: subject },
  };
  await writeFile(keyFilename, JSON.stringify(credentials));
  return { project: 'a-project', location: 'us-central1', baseUrl: stub.url, auth: { keyFilename } };
}
