import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { z } from 'zod';
import type { ProvidedKind } from '../../src/domain.ts';
import { fileUri } from '../support/providers/omni.ts';
import { type Account, createAccounts, type Interaction } from './accounts.ts';
import { portOf } from './port.ts';
import type { Random } from './random.ts';

/**
 * The parts of OpenAI and Google that a run meets. They work, refuse, break, respond slowly and lie, and remember what they
 * would bill.
 */
export type ChaosVendors = {
  port: number;
  /** Sets how likely a request is to be handled badly, from now on. */
  misbehave: (likelihood: number) => void;
  /** The vendors' bills and results for a command and the runs that go on from it. */
  accountOf: (tag: string) => Account;
  /** The number of faults of each kind. */
  misdeeds: ReadonlyMap<string, number>;
  close: () => Promise<void>;
};

/** A vendor uses this to find the command of a request. It is part of the prompt, of the answer about prompts, and of ids. */
const tagPattern = /chaos-\d+/;

const wrongs = ['429', '500', '500 after the work', 'no answer', 'cut answer', 'nonsense', 'lie'] as const;
type Wrong = (typeof wrongs)[number];

/** How often Google sends only the seconds that an extension added, and not the whole clip. */
const partLikelihood = 0.25;

/** One request that a vendor understands: its work, and its answer if it lies about the work. */
type Service = { step: ProvidedKind | null; work: () => Promise<Answer>; lie: Answer };
type Answer = { status?: number; body: unknown } | { bytes: Buffer };

/** The parts of a request for words on which the answer depends. A look at a frame has its briefing beside the picture. */
const asksForWords = z.object({
  text: z.object({ format: z.object({ name: z.enum(['prompts', 'story', 'motion']) }) }),
  input: z.unknown(),
});
const storyBriefing = z
  .string()
  .transform((briefing) => z.object({ scenes: z.array(z.number()) }).parse(JSON.parse(briefing)));
const asksForVideo = z.object({
  previous_interaction_id: z.string().optional(),
  response_format: z.object({ duration: z.string().regex(/^\d+s$/) }),
});

type Options = { random: Random; filmOf: (seconds: number) => Promise<Buffer> };

export async function openVendors({ random, filmOf }: Options): Promise<ChaosVendors> {
  const accounts = createAccounts();
  const misdeeds = new Map<string, number>();
  let likelihood = 0;

  const misdeed = (name: string) => void misdeeds.set(name, (misdeeds.get(name) ?? 0) + 1);
  const always = (body: unknown) => async () => ({ body });

  function write(tag: string, body: string): Service {
    const asked = asksForWords.parse(JSON.parse(body));
    const shotOf = (part: string) => ({ image: `a still of ${tag}${part}`, motion: `slowly towards ${tag}${part}` });
    const say = () => {
      switch (asked.text.format.name) {
        case 'prompts':
          return shotOf('');
        case 'story':
          return { shots: storyBriefing.parse(asked.input).scenes.map((_, index) => shotOf(`, scene ${index + 1}`)) };
        case 'motion':
          return { motion: `${shotOf('').motion}, as in the picture` };
      }
    };
    return {
      step: 'enhance',
      work: always(responses(JSON.stringify(say()))),
      lie: { body: responses('I would rather not') },
    };
  }

  function paint(tag: string): Service {
    const work = async () => {
      const account = accounts.of(tag);
      account.images += 1;
      const number = Number(tag.slice('chaos-'.length));
      const background = { r: number % 256, g: number >> 8, b: account.images % 256 };
      const picture = sharp({ create: { width: 64, height: 36, channels: 3, background } });
      const b64_json = accounts.note(tag, await picture.png().toBuffer()).toString('base64');
      return { body: { created: 1, data: [{ b64_json }] } };
    };
    return { step: 'image', work, lie: { body: { created: 1, data: [{ b64_json: btoa('no picture at all') }] } } };
  }

  function film(tag: string, body: string): Service {
    const { previous_interaction_id, response_format } = asksForVideo.parse(JSON.parse(body));
    const added = Number.parseInt(response_format.duration, 10);
    const before = previous_interaction_id ? accounts.of(tag).interactions.get(previous_interaction_id) : null;
    if (before === undefined || (before && random.chance(2 * likelihood))) {
      misdeed('clip gone');
      const gone = { status: 404, body: { error: { code: 404, message: 'The interaction was not found.' } } };
      return { step: null, work: async () => gone, lie: gone };
    }
    const seconds = (before?.seconds ?? 0) + added;
    const sentSeconds = before && random.chance(partLikelihood) ? added : seconds;
    const work = async () => ({ body: state(accounts.begin(tag, { seconds, sentSeconds }), 'queued') });
    return { step: 'video', work, lie: { body: { status: 'queued' } } };
  }

  function look(one: Interaction): Service {
    const work = async () => {
      one.looks += 1;
      if (one.isStopped) return { body: state(one, 'cancelled') };
      return { body: state(one, one.looks > 1 ? 'completed' : 'in_progress', one.looks > 1) };
    };
    return { step: null, work, lie: { body: state(one, 'completed') } };
  }

  function download(tag: string, one: Interaction): Service {
    const work = async () => {
      return { bytes: accounts.note(tag, Buffer.concat([await filmOf(one.sentSeconds), freeBox(one.id)])) };
    };
    return { step: null, work, lie: { bytes: Buffer.from('no film at all') } };
  }

  function stop(one: Interaction): Service {
    const work = async () => {
      one.isStopped = true;
      return { body: state(one, 'cancelled') };
    };
    return { step: null, work, lie: { body: {} } };
  }

  function serviceFor(method: string, path: string, tag: string, body: string): Service | null {
    switch (path) {
      case '/v1/moderations': {
        const seen = { id: 'm', model: 'omni-moderation-latest', results: [{ flagged: false, categories: {} }] };
        return { step: null, work: always(seen), lie: { body: {} } };
      }
      case '/v1/responses':
        return write(tag, body);
      case '/v1/images/generations':
      case '/v1/images/edits':
        return paint(tag);
      case '/v1beta/interactions':
        return film(tag, body);
    }
    const one = accounts.of(tag).interactions.get(/it-chaos-\d+-\d+/.exec(path)?.[0] ?? '');
    if (!one) return null;
    if (path.includes('/files/')) return download(tag, one);
    return method === 'POST' ? stop(one) : look(one);
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(incoming.url ?? '/', 'http://vendor').pathname);
    const body = await text(incoming);
    const tag = tagPattern.exec(path)?.[0] ?? tagPattern.exec(body)?.[0] ?? '';
    const service = serviceFor(incoming.method ?? '', path, tag, body);
    if (!service) return send(response, 404, { error: { message: `no such path ${path}` } });
    const wrong: Wrong | null = random.chance(likelihood) ? random.pick(wrongs) : null;
    if (wrong) misdeed(wrong);
    const broken = { error: { message: 'broken', code: 500, status: 'INTERNAL' } };
    if (wrong === '429') return send(response, 429, { error: { message: 'slow down' } }, { 'retry-after': '1' });
    if (wrong === '500') return send(response, 500, broken);
    // From here on the work is done, even if the answer gets lost.
    if (service.step) accounts.of(tag).billed[service.step] += 1;
    const answer = await service.work();
    switch (wrong) {
      case '500 after the work':
        return send(response, 500, broken);
      case 'no answer':
        return;
      case 'cut answer':
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '4096' });
        return void response.write('{"id":"', () => response.destroy());
      case 'nonsense':
        return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"id": "it-1", "sta');
      case 'lie':
        return reply(response, service.lie);
      case null:
        return reply(response, answer);
    }
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server.address()),
    misbehave: (next) => {
      likelihood = next;
    },
    accountOf: accounts.of,
    misdeeds,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An interaction as Google tells it. */
const state = ({ id }: Interaction, status: string, hasFilm = false) => {
  const uri = fileUri.replace('video-1', `video-${id}`);
  const content = [{ type: 'video', mime_type: 'video/mp4', uri }];
  return { id, created: '2026-11-23T12:00:00Z', status, steps: hasFilm ? [{ type: 'model_output', content }] : [] };
};

const responses = (said: string) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'gpt-6-luna',
  output: [
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', annotations: [], text: said }],
    },
  ],
});

/** A part of an MP4 that players skip. It makes each film different from every other. */
function freeBox(id: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + id.length);
  head.write('free', 4, 'latin1');
  return Buffer.concat([head, Buffer.from(id)]);
}

function reply(response: ServerResponse, answer: Answer): void {
  if ('body' in answer) {
    send(response, answer.status ?? 200, answer.body);
    return;
  }
  const { bytes } = answer;
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(bytes.length) }).end(bytes);
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
