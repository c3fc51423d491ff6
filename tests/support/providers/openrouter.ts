import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { Secret } from '../../../src/db/secret.ts';
import { png } from './call.ts';
import { type HooksOfStub, noHooks, takeHookFor } from './hooks.ts';
import { type Check, chatProblem, imageProblem, type Listing, videoProblem } from './openrouterSpec.ts';
import { json, type Received, type Stub, startStub } from './server.ts';

export const openRouterCanary = 'sk-or-v1-CANARYopenrouter0123456789abcdefWXYZ';
export const openRouterKey = new Secret(openRouterCanary);

const catalogueShape = z.object({
  videos: z.array(z.unknown()),
  images: z.array(z.unknown()),
  endpoints: z.record(z.string(), z.unknown()),
  models: z.array(z.unknown()),
});
type Catalogue = z.infer<typeof catalogueShape>;

/** OpenRouter's lists, shortened, as public clients recorded them in September 2026, and models that are odd. */
export const recordedCatalogue = (): Catalogue =>
  catalogueShape.parse(JSON.parse(readFileSync(new URL('./openrouter-catalogue.json', import.meta.url), 'utf8')));

export type JobState = { status: string } & Record<string, unknown>;

export type OpenRouterStub = Stub &
  HooksOfStub & {
    catalogue: Catalogue;
    /** Models that have left the catalogue and still work. */
    left: Set<string>;
    /** What `GET /key` says. */
    keyData: Record<string, unknown>;
    /** The states that successive polls of a job return. The last one stays. */
    states: JobState[];
    /** What OpenRouter says about the cost of the next calls. */
    usage: { video: unknown; image: unknown; text: unknown };
    film: { bytes: Buffer };
    image: { bytes: Buffer; mediaType?: string };
    /** The answer of every language model, if it is not made to fit the schema that was asked for. */
    words: { content: string | null };
    /** The address that OpenRouter names for polls and results. It is a lie unless it is its own. */
    named: { url: string };
    /** Cuts the next downloads after this many bytes each. */
    cutAfter: number[];
    /** Every accepted POST: its model. */
    billed: { path: string; model: string }[];
  };

const pending: JobState = { status: 'pending' };
export const inProgress: JobState = { status: 'in_progress' };
export const completed: JobState = { status: 'completed' };

/** The parts of OpenRouter's API that VidGenie uses, below `/api/v1`. */
export async function startOpenRouter(): Promise<OpenRouterStub> {
  const stub: OpenRouterStub = Object.assign(await startStub(answer), {
    catalogue: recordedCatalogue(),
    left: new Set<string>(),
    keyData: { label: 'sk-or-v1-CAN...XYZ', limit: null, limit_remaining: null, is_management_key: false },
    states: [pending, inProgress, completed],
    usage: {
      video: { cost: 0.64, is_byok: false },
      image: { prompt_tokens: 20, completion_tokens: 4175, total_tokens: 4195, cost: 0.035 },
      text: { prompt_tokens: 900, completion_tokens: 300, total_tokens: 1200, cost: 0.00024 },
    },
    film: { bytes: Buffer.from('a film of a fox') },
    image: { bytes: png },
    words: { content: null },
    named: { url: 'https://openrouter.ai/api/v1/videos' },
    cutAfter: [],
    billed: [],
    ...noHooks(),
  });
  return stub;

  async function answer(request: Received, response: ServerResponse) {
    const { method } = request;
    const path = request.path.replace(/^\/api\/v1(?=\/)/, '');
    const refuse = (status: number, message: string) => json(response, status, { error: { code: status, message } });
    if (path === request.path) return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    if (method === 'GET') {
      const lists = listsOf(stub.catalogue);
      const list = lists[path];
      if (list) return json(response, 200, { data: list });
      const priced = path.match(/^\/images\/models\/([^/]+\/[^/]+)\/endpoints$/)?.[1];
      const endpoints = priced === undefined ? undefined : stub.catalogue.endpoints[priced];
      if (endpoints) return json(response, 200, endpoints);
    }
    if (!/^Bearer sk-or-\S+$/.test(request.headers.authorization ?? '')) return refuse(401, 'No cookie auth found');
    if (method === 'GET' && path === '/key') return json(response, 200, { data: stub.keyData });
    const [, id, verb] = path.match(/^\/videos\/(job-\d+)(\/content)?$/) ?? [];
    if (id && method === 'GET') {
      if (verb) return request.url.search === '?index=0' ? sendFilm(response) : refuse(400, 'no such index');
      const [state = completed] = stub.states.length > 1 ? stub.states.splice(0, 1) : stub.states;
      return json(response, 200, { ...jobOf(id), ...finished(state), ...state });
    }
    if (method !== 'POST') return refuse(404, `no such path ${path}`);
    const kind = { '/videos': 'videos', '/images': 'images', '/chat/completions': 'models' }[path];
    const check = { '/videos': videoProblem, '/images': imageProblem, '/chat/completions': chatProblem }[path];
    if (!kind || !check) return refuse(404, `no such path ${path}`);
    const problem = problemOf(kind, check, request.body);
    const { callback_url: hook } = z.looseObject({ callback_url: z.string().optional() }).parse(request.body);
    if (hook !== undefined && !stub.takesHooks) return refuse(400, 'callback_url cannot be used');
    if (problem) return refuse(problem.status, problem.message);
    stub.billed.push({ path, model: z.looseObject({ model: z.string() }).parse(request.body).model });
    switch (path) {
      case '/videos': {
        const made = `job-${stub.billed.length}`;
        await takeHookFor(stub, made, hook);
        return json(response, 202, jobOf(made, 'pending'));
      }
      case '/images': {
        const { bytes, mediaType } = stub.image;
        const made = { b64_json: bytes.toString('base64'), ...(mediaType !== undefined && { media_type: mediaType }) };
        return json(response, 200, { created: 1, data: [made], usage: stub.usage.image });
      }
      default: {
        const content = stub.words.content ?? JSON.stringify(fitting(request.body));
        const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }];
        return json(response, 200, { id: 'gen-1', object: 'chat.completion', choices, usage: stub.usage.text });
      }
    }
  }

  function jobOf(id: string, status?: string) {
    return { id, generation_id: `gen-${id}`, polling_url: `${stub.named.url}/${id}`, ...(status && { status }) };
  }

  function finished({ status }: JobState) {
    if (status !== 'completed') return {};
    return { unsigned_urls: [`${stub.named.url}/film.mp4`], usage: stub.usage.video };
  }

  function problemOf(kind: string, check: Check, body: unknown): { status: number; message: string } | null {
    const { model } = z.looseObject({ model: z.string() }).safeParse(body).data ?? {};
    if (model === undefined) return { status: 400, message: 'model is required' };
    const listing = listingOf(kind, model);
    if (!listing && !stub.left.has(model)) return { status: 404, message: `No endpoints found for ${model}.` };
    const message = check(body, listing);
    return message === null ? null : { status: 400, message };
  }

  function listingOf(kind: string, model: string): Listing | null {
    const { videos, images, models } = stub.catalogue;
    const list = z.array(z.unknown()).parse({ videos, images, models }[kind]);
    const listings = list.map((one) => z.record(z.string(), z.unknown()).safeParse(one).data ?? {});
    return listings.find((listing) => listing.id === model) ?? null;
  }

  /** The film, always from its beginning: a range is ignored. */
  function sendFilm(response: ServerResponse): void {
    const { bytes } = stub.film;
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(bytes.length) });
    const cut = stub.cutAfter.shift();
    if (cut === undefined) return void response.end(bytes);
    response.write(bytes.subarray(0, cut), () => response.destroy());
  }
}

const listsOf = ({ videos, images, models }: Catalogue): Record<string, unknown[]> => ({
  '/videos/models': videos,
  '/images/models': images,
  '/models': models,
});

const schemaAsked = z.object({
  response_format: z.object({
    json_schema: z.object({
      name: z.string(),
      schema: z.object({ properties: z.object({ shots: z.object({ minItems: z.int() }).optional() }) }),
    }),
  }),
});

/** Words in the form that the request asks for. */
function fitting(body: unknown): unknown {
  const { name, schema } = schemaAsked.parse(body).response_format.json_schema;
  const shot = { image: 'a fox in deep snow', motion: 'it looks up' };
  if (name === 'motion') return { motion: 'it looks up and runs' };
  return name === 'story'
    ? { shots: Array.from({ length: schema.properties.shots?.minItems ?? 1 }, () => shot) }
    : shot;
}

/** OpenRouter's call about a job. It is signed only if the account has a secret for that. */
export const openRouterCall = (id: string, status = 'completed') => ({
  headers: { 'x-openrouter-idempotency-key': `${id}-${status}` },
  body: JSON.stringify({
    type: `video.generation.${status}`,
    created_at: '2026-11-29T12:00:00Z',
    data: { id, status },
  }),
});
