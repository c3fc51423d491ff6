import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import type { StepKind } from '../../src/domain.ts';
import { fileUri } from '../support/providers/omni.ts';
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
  /** The number of billed requests of a command, by step. */
  billed: (tag: string) => Record<StepKind, number>;
  /** SHA-256 of every result that was ever made for a command. */
  made: (tag: string) => ReadonlySet<string>;
  /** True if a command's video was stopped on request. */
  stopped: (tag: string) => boolean;
  /** The number of faults of each kind. */
  misdeeds: ReadonlyMap<string, number>;
  close: () => Promise<void>;
};

/** A vendor uses this to find the command of a request. It is part of the prompt, and of the answer about prompts. */
const tagPattern = /chaos-\d+/;

const wrongs = ['429', '500', '500 after the work', 'no answer', 'cut answer', 'nonsense', 'lie'] as const;
type Wrong = (typeof wrongs)[number];

type Account = { billed: Record<StepKind, number>; shas: Set<string>; looks: number; isStopped: boolean };

/** One request that a vendor understands: its work, and its answer if it lies about the work. */
type Service = { step: StepKind | null; work: () => Promise<Answer>; lie: Answer };
type Answer = { body: unknown } | { bytes: Buffer };

export async function openVendors(random: Random, videoPath: string): Promise<ChaosVendors> {
  const video = await readFile(videoPath);
  const accounts = new Map<string, Account>();
  const misdeeds = new Map<string, number>();
  let likelihood = 0;

  const accountOf = (tag: string): Account => {
    const known = accounts.get(tag) ?? {
      billed: { enhance: 0, image: 0, video: 0 },
      shas: new Set(),
      looks: 0,
      isStopped: false,
    };
    accounts.set(tag, known);
    return known;
  };
  const made = (tag: string, bytes: Buffer): Buffer => {
    accountOf(tag).shas.add(createHash('sha256').update(bytes).digest('hex'));
    return bytes;
  };
  const paint = async (tag: string): Promise<string> => {
    const number = Number(tag.slice('chaos-'.length));
    const background = { r: number % 256, g: (number >> 8) % 256, b: 99 };
    const picture = sharp({ create: { width: 64, height: 36, channels: 3, background } });
    return made(tag, await picture.png().toBuffer()).toString('base64');
  };

  function serviceFor(method: string, path: string, tag: string): Service | null {
    const always = (body: unknown) => async () => ({ body });
    const interaction = (state: object) => ({ id: `it-${tag}`, created: '2026-11-23T12:00:00Z', ...state });
    if (path === '/v1/moderations') {
      const body = { id: 'm', model: 'omni-moderation-latest', results: [{ flagged: false, categories: {} }] };
      return { step: null, work: always(body), lie: { body: {} } };
    }
    if (path === '/v1/responses') {
      const said = { image: `a still of ${tag}`, motion: `slowly towards ${tag}` };
      return {
        step: 'enhance',
        work: always(responses(JSON.stringify(said))),
        lie: { body: responses('I would rather not') },
      };
    }
    if (path === '/v1/images/generations') {
      const work = async () => ({ body: { created: 1, data: [{ b64_json: await paint(tag) }] } });
      return { step: 'image', work, lie: { body: { created: 1, data: [{ b64_json: btoa('no picture at all') }] } } };
    }
    if (method === 'POST' && path === '/v1beta/interactions') {
      return {
        step: 'video',
        work: always(interaction({ status: 'queued', steps: [] })),
        lie: { body: { status: 'queued' } },
      };
    }
    if (method === 'POST') {
      const stop = async () => {
        accountOf(tag).isStopped = true;
        return { body: interaction({ status: 'cancelled' }) };
      };
      return { step: null, work: stop, lie: { body: {} } };
    }
    if (path.includes('/interactions/')) {
      const account = accountOf(tag);
      account.looks += 1;
      const done = { status: 'completed', steps: [{ type: 'model_output', content: [filmOf(tag)] }] };
      const working = account.looks > 1 ? done : { status: 'in_progress', steps: [] };
      const state = account.isStopped ? { status: 'cancelled', steps: [] } : working;
      return {
        step: null,
        work: always(interaction(state)),
        lie: { body: interaction({ status: 'completed', steps: [] }) },
      };
    }
    if (path.includes('/files/')) {
      const work = async () => ({ bytes: made(tag, Buffer.concat([video, freeBox(tag)])) });
      return { step: null, work, lie: { bytes: Buffer.from('no film at all') } };
    }
    return null;
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(incoming.url ?? '/', 'http://vendor').pathname);
    const body = await text(incoming);
    const tag = tagPattern.exec(path)?.[0] ?? tagPattern.exec(body)?.[0] ?? '';
    const service = serviceFor(incoming.method ?? '', path, tag);
    if (!service) return send(response, 404, { error: { message: `no such path ${path}` } });
    const wrong: Wrong | null = random.chance(likelihood) ? random.pick(wrongs) : null;
    if (wrong) misdeeds.set(wrong, (misdeeds.get(wrong) ?? 0) + 1);
    const broken = { error: { message: 'broken', code: 500, status: 'INTERNAL' } };
    if (wrong === '429') return send(response, 429, { error: { message: 'slow down' } }, { 'retry-after': '1' });
    if (wrong === '500') return send(response, 500, broken);
    // From here on the work is done, even if the answer gets lost.
    if (service.step) accountOf(tag).billed[service.step] += 1;
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
    billed: (tag) => accountOf(tag).billed,
    made: (tag) => accountOf(tag).shas,
    stopped: (tag) => accountOf(tag).isStopped,
    misdeeds,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const filmOf = (tag: string) => ({
  type: 'video',
  mime_type: 'video/mp4',
  uri: fileUri.replace('video-1', `video-${tag}`),
});

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

/** A part of an MP4 that players skip. It makes each command's film different from every other. */
function freeBox(tag: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + tag.length);
  head.write('free', 4, 'latin1');
  return Buffer.concat([head, Buffer.from(tag)]);
}

function reply(response: ServerResponse, answer: Answer): void {
  if ('body' in answer) {
    send(response, 200, answer.body);
    return;
  }
  const { bytes } = answer;
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(bytes.length) }).end(bytes);
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
