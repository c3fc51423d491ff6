import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { type HooksOfStub, hookAddress, noHooks, takeHookFor } from './hooks.ts';
import { json, type Received, type Stub, startStub } from './server.ts';

export type OmniState = { status: string } & Record<string, unknown>;

export type OmniStub = Stub &
  HooksOfStub & {
    /** The states that successive polls of the interaction return. The last one stays. */
    states: OmniState[];
    /** The file to download, unless the interaction has a film of its own. */
    file: { bytes: Buffer };
    /** The films of single interactions, by id. Their ids are `it-1`, `it-2` and so on. A film of an extension is the whole clip. */
    films: Map<string, Buffer>;
    /** The films of all other interactions, by the length of the whole clip in seconds. */
    filmsOfLength: Map<number, Buffer>;
    /** The interactions that Google has deleted. */
    expired: Set<string>;
    /** The seconds for which Google charges, by interaction: for an extension only the added ones. */
    billed: { id: string; seconds: number }[];
    /** Cuts the next downloads after this many bytes each. */
    cutAfter: number[];
    /** False: ignores range requests and sends the whole file again. */
    ranges: { honoured: boolean };
  };

/** A file's address as Google writes it, whatever the address of the request was. */
const fileUriOf = (number: number) =>
  `https://generativelanguage.googleapis.com/v1beta/files/video-${number}:download?alt=media`;
export const fileUri = fileUriOf(1);

const withVideo = (video: Record<string, unknown>): OmniState => ({
  status: 'completed',
  steps: [{ type: 'model_output', content: [{ type: 'video', mime_type: 'video/mp4', ...video }] }],
  usage: { total_input_tokens: 300, total_output_tokens: 50_000 },
});
export const completed = withVideo({ uri: fileUri });
export const completedInline = (bytes: Buffer) => withVideo({ data: bytes.toString('base64') });
/** This happens in practice: `completed`, without any content. */
export const completedEmpty: OmniState = { status: 'completed', steps: [] };
/** A refusal after rendering: completed, with text in place of the video. */
export const completedWithWords = (text: string): OmniState => ({
  status: 'completed',
  steps: [{ type: 'model_output', content: [{ type: 'text', text }] }],
});

/** What Omni reads as a tag, wherever it is in a prompt. */
const tag = /<[A-Z]+_(FRAME|REF_\d+|\d+|VIDEO)>|\[#/;
const untagged = (words: string) => words !== '' && !tag.test(words);
const text = z.strictObject({ type: z.literal('text'), text: z.string().refine(untagged, 'A tag names no input.') });
const bound = '[# Sources <FIRST_FRAME>@Image1 <LAST_FRAME>@Image2] ';
const boundText = z.strictObject({
  type: z.literal('text'),
  text: z.string().refine((words) => words.startsWith(bound) && untagged(words.slice(bound.length))),
});
const image = z.strictObject({
  type: z.literal('image'),
  data: z.base64().min(1),
  mime_type: z.enum(['image/png', 'image/jpeg', 'image/webp']),
});
const common = {
  model: z.string(),
  background: z.literal(true),
  // An interaction that is not stored cannot be asked for, and cannot be extended.
  store: z.literal(true),
  response_format: z.strictObject({
    type: z.literal('video'),
    aspect_ratio: z.enum(['16:9', '9:16']),
    duration: z.string().regex(/^\d+s$/),
    resolution: z.enum(['360p', '720p', '1080p', '4k']),
    delivery: z.enum(['inline', 'uri']),
  }),
  // Google takes it only for work in the background, and calls https alone.
  webhook_config: z
    .strictObject({ uris: z.array(hookAddress).length(1), user_metadata: z.record(z.string(), z.unknown()).optional() })
    .optional(),
};
const configured = <Task extends string>(task: Task) =>
  z.strictObject({ video_config: z.strictObject({ task: z.literal(task) }), seed: z.int().optional() });
/** A request for a video, as the vendor specifies it. An extension finds its clip by the id, so it has no picture. */
const creation = z.union([
  z.strictObject({ ...common, input: z.tuple([text, image]), generation_config: configured('image_to_video') }),
  z.strictObject({
    ...common,
    input: z.tuple([boundText, image, image]),
    generation_config: configured('image_to_video'),
  }),
  z.strictObject({
    ...common,
    previous_interaction_id: z.string().min(1),
    input: z.tuple([text]),
    generation_config: configured('extend'),
  }),
]);

const maxClipSeconds = 30;

/**
 * The parts of Google's Interactions API that a video needs: create, get, cancel, and the download of the file. Behind a
 * gateway, everything is below one path.
 */
export async function startOmni(below = ''): Promise<OmniStub> {
  /** The length of each clip in seconds, by interaction. */
  const lengths = new Map<string, number>();
  const filmOf = (id: string): Buffer =>
    stub.films.get(id) ?? stub.filmsOfLength.get(lengths.get(id) ?? 0) ?? stub.file.bytes;
  const stub: OmniStub = Object.assign(
    await startStub(async (request, response) => {
      const { method } = request;
      const path = request.path.startsWith(`${below}/`) ? request.path.slice(below.length) : '';
      const interaction = (id: string, state: OmniState) =>
        json(response, 200, { id, created: '2026-11-23T12:00:00Z', ...ownFile(id, state) });
      if (method === 'POST' && path === '/v1beta/interactions') {
        const created = create(stub, lengths, request.body);
        if ('refusal' in created) return json(response, created.status, created.refusal);
        await takeHookFor(stub, created.id, created.hook);
        return interaction(created.id, { status: 'queued', steps: [] });
      }
      const [, id, verb] = path.match(/\/interactions\/(it-\d+)(\/cancel)?$/) ?? [];
      if (id && method === 'POST' && verb) return interaction(id, { status: 'cancelled' });
      if (id && method === 'GET' && !verb) {
        const [state] = stub.states.length > 1 ? stub.states.splice(0, 1) : stub.states;
        return interaction(id, state ?? completed);
      }
      if (method === 'GET' && path === '/v1beta/models') {
        return json(response, 200, { models: [{ name: 'models/gemini-omni-1.2-flash' }] });
      }
      const number = path.match(/^\/v1beta\/files\/video-(\d+):download$/)?.[1];
      if (number) return sendFile(stub, filmOf(`it-${number}`), request, response);
      return json(response, 404, { error: { message: `no such path ${path}`, code: 'not_found' } });
    }),
    {
      states: [completed],
      file: { bytes: Buffer.from('a video of a fox') },
      films: new Map(),
      filmsOfLength: new Map(),
      expired: new Set<string>(),
      billed: [],
      cutAfter: [],
      ranges: { honoured: true },
      ...noHooks(),
    },
  );
  return stub;
}

type Created = { id: string; hook: string | undefined } | { status: number; refusal: unknown };

/** Google's answer to a request for a video. It refuses what its specification does not have, and bills the rest. */
function create(stub: OmniStub, lengths: Map<string, number>, body: unknown): Created {
  const invalid = (message: string) => ({ status: 400, refusal: { error: { code: 'invalid_request', message } } });
  const parsed = creation.safeParse(body);
  if (!parsed.success) return invalid(z.prettifyError(parsed.error));
  const { model, response_format: format, webhook_config: config } = parsed.data;
  if (config && !stub.takesHooks) return invalid('Unknown name "webhook_config": Cannot find field.');
  const previous = 'previous_interaction_id' in parsed.data ? parsed.data.previous_interaction_id : null;
  const before = previous === null ? 0 : lengths.get(previous);
  if (before === undefined || (previous !== null && stub.expired.has(previous))) {
    return {
      status: 404,
      refusal: { error: { code: 'not_found', message: `Interaction ${previous} was not found.` } },
    };
  }
  const seconds = Number.parseInt(format.duration, 10);
  const hasBothFrames = parsed.data.input.length > 2;
  const longest = previous === null && !hasBothFrames && model.startsWith('gemini-omni-1.2') ? 15 : 10;
  if (seconds < 3 || seconds > longest) return invalid(`The duration must be between 3 and ${longest} seconds.`);
  const length = before + seconds;
  if (length > maxClipSeconds) return invalid(`The video would be longer than ${maxClipSeconds} seconds.`);
  const id = `it-${lengths.size + 1}`;
  lengths.set(id, length);
  stub.billed.push({ id, seconds });
  return { id, hook: config?.uris[0] };
}

/** The state in which the file is that of the interaction. */
function ownFile(id: string, state: OmniState): OmniState {
  const number = Number(id.replace('it-', ''));
  const rewritten: unknown = JSON.parse(JSON.stringify(state).replaceAll(fileUri, fileUriOf(number)));
  return z.looseObject({ status: z.string() }).parse(rewritten);
}

function sendFile(stub: OmniStub, bytes: Buffer, request: Received, response: ServerResponse): void {
  const from = stub.ranges.honoured ? Number(request.headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0) : 0;
  const rest = bytes.subarray(from);
  const headers = { 'content-type': 'video/mp4', 'content-length': String(rest.length) };
  if (from > 0)
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
  else response.writeHead(200, headers);
  const cut = stub.cutAfter.shift();
  if (cut === undefined) return void response.end(rest);
  response.write(rest.subarray(0, cut), () => response.destroy());
}

/** Google's call about an interaction, with the signature of a key that only Google has. */
export const omniCall = (id: string, type = 'interaction.completed') => ({
  headers: {
    'webhook-id': `msg_${id}`,
    'webhook-timestamp': '1795900000',
    'webhook-signature': 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
  },
  body: JSON.stringify({ type, version: 'v1', timestamp: '2026-11-29T12:00:00Z', data: { id } }),
});
