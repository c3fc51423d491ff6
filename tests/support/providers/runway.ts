import { createHash } from 'node:crypto';
import { z } from 'zod';
import { png } from './call.ts';
import { pictureFormat } from './pictureFormat.ts';
import { json, type Received, type Stub, startStub } from './server.ts';

type RunwayState = { status: string } & Record<string, unknown>;

export type RunwayStub = Stub & {
  /** The states that successive polls of a task return. The last one stays. `output` names {@link file} if it is left out. */
  states: RunwayState[];
  /** The result of every task. */
  file: { bytes: Buffer };
  /** The results of single tasks, by number from 1. */
  films: Map<number, Buffer>;
  /** Cuts the next downloads after this many bytes each. */
  cutAfter: number[];
  /** The tasks that were deleted. */
  deleted: Set<string>;
  /** The credits for which Runway charges, in order. */
  billed: number[];
  account: { creditBalance: number; models: Record<string, { maxDailyGenerations: number | null }> };
};

const maxUriLength = 5 * 1024 * 1024;
const uri = z
  .string()
  .regex(/^data:image\/(png|jpeg|webp);base64,./, 'Unsupported asset type.')
  .refine((one) => one.length < maxUriLength, 'The data URI is too long.')
  .refine((one) => {
    const [head = '', data = ''] = one.split(',');
    return head === `data:${pictureFormat(Buffer.from(data, 'base64'))};base64`;
  }, 'Invalid data URI.');
const framed = <Position extends 'first' | 'last'>(positions: readonly Position[]) =>
  z
    .array(z.strictObject({ uri, position: z.enum(positions) }))
    .min(1)
    .refine((all) => all.filter(({ position }) => position === 'first').length === 1, 'There is no first frame.');
const both = z.union([uri, framed(['first', 'last'])]);
const firstOnly = z.union([uri, framed(['first'])]);

const upTo = (max: number) => z.string().min(1).max(max);
const from = (min: number, max: number) => z.int().min(min).max(max);
const sizes720 = ['1280:720', '720:1280', '960:960'] as const;
const sizes1080 = ['1920:1080', '1080:1920', '1440:1440'] as const;
const sizes4k = ['3840:2160', '2160:3840', '3840:3840'] as const;

const gen45 = { model: z.literal('gen4.5'), promptText: upTo(1_000), duration: from(2, 10) };
const veo = {
  model: z.enum(['veo3.1', 'veo3.1_fast']),
  promptText: upTo(1_000),
  duration: z.literal([4, 6, 8]),
  audio: z.boolean().optional(),
  ratio: z.enum(['1280:720', '720:1280', '1080:1920', '1920:1080']),
};
const seedance25 = {
  model: z.literal('seedance2_5'),
  promptText: upTo(15_000),
  duration: from(4, 30),
  audio: z.boolean().optional(),
  ratio: z.enum([...sizes720, ...sizes1080]),
};
const seedance2 = {
  model: z.literal('seedance2'),
  promptText: upTo(3_500),
  duration: from(4, 15),
  audio: z.boolean().optional(),
  ratio: z.enum([...sizes720, ...sizes1080, ...sizes4k]),
};
const wan = { ...seedance25, model: z.literal('wan3'), duration: from(2, 30) };

/** Requests as `@runwayml/sdk` 4.20 types them. Runway refuses a field that it does not know. */
const creations = {
  '/v1/image_to_video': z.union([
    z.strictObject({ ...gen45, ratio: z.enum([...sizes720]), promptImage: firstOnly }),
    z.strictObject({ ...gen45, model: z.literal('gen4_turbo'), ratio: z.enum([...sizes720]), promptImage: firstOnly }),
    z.strictObject({ ...veo, promptImage: both }),
    z.strictObject({ ...seedance25, promptImage: both }),
    z.strictObject({ ...seedance2, promptImage: both }),
    z.strictObject({ ...wan, promptImage: both }),
  ]),
  '/v1/text_to_video': z.union([
    z.strictObject({ ...gen45, ratio: z.enum(['1280:720', '720:1280']) }),
    z.strictObject(veo),
    z.strictObject(seedance25),
    z.strictObject(seedance2),
    z.strictObject(wan),
  ]),
  '/v1/text_to_image': z.union([
    z.strictObject({
      model: z.literal('gpt_image_2'),
      promptText: upTo(32_000),
      ratio: z.enum(['1920:1088', '1088:1920', '1920:1920', '2560:1440', '1440:2560', '2560:2560']),
      quality: z.enum(['low', 'medium', 'high', 'auto']),
      outputCount: z.int().min(1),
      referenceImages: z.array(z.strictObject({ uri })).min(1).max(16).optional(),
    }),
    z.strictObject({
      model: z.literal('gemini_image3_pro'),
      promptText: z.string().min(1),
      ratio: z.enum(['1344:768', '768:1344', '1024:1024', '2752:1536', '1536:2752', '2048:2048']),
      referenceImages: z.array(z.strictObject({ uri })).min(1).max(14).optional(),
    }),
    z.strictObject({
      model: z.literal('gen4_image'),
      promptText: upTo(1_000),
      ratio: z.enum(['1280:720', '720:1280', '720:720', '1920:1080', '1080:1920', '1080:1080']),
    }),
  ]),
} as const;

const isCreation = (path: string): path is keyof typeof creations => path in creations;

const priced = z.object({ model: z.string(), duration: z.number().optional() });
const perSecond: Record<string, number> = { seedance2_5: 30, 'gen4.5': 12, gen4_turbo: 5, 'veo3.1': 40 };

/** Runway's API: what makes a task, the task itself, the account, and the files. It bills every request that it understands. */
export async function startRunway(): Promise<RunwayStub> {
  const create = ({ path, body }: Received): { id: string; credits: number } | { refusal: string } => {
    if (!isCreation(path)) return { refusal: 'There is no such way to make anything.' };
    const parsed = creations[path].safeParse(body);
    if (!parsed.success) return { refusal: z.prettifyError(parsed.error) };
    const { model, duration = 1 } = priced.parse(parsed.data);
    const credits = (perSecond[model] ?? 20) * duration;
    stub.billed.push(credits);
    return { id: `task-${stub.billed.length}`, credits };
  };
  const taskOf = (id: string, number: number): unknown => {
    const [state] = stub.states.length > 1 ? stub.states.splice(0, 1) : stub.states;
    const done = state?.status === 'SUCCEEDED';
    return {
      id,
      createdAt: '2026-11-23T12:00:00Z',
      ...(done && {
        output: [`${stub.url}/files/result-${number}?_jwt=signed`],
        cost: { credits: stub.billed[number - 1] },
      }),
      ...state,
    };
  };
  const stub: RunwayStub = Object.assign(
    await startStub((request, response) => {
      const { method, path, headers } = request;
      const file = path.match(/^\/files\/result-(\d+)$/)?.[1];
      if (file) return sendFile(stub, Number(file), request, response);
      if (!headers.authorization?.startsWith('Bearer key_')) return json(response, 401, { error: 'Unauthorized' });
      if (headers['x-runway-version'] !== '2024-11-06') return json(response, 400, { error: 'Wrong version.' });
      if (method === 'POST' && isCreation(path)) {
        const created = create(request);
        if ('refusal' in created) return json(response, 400, { error: created.refusal });
        return json(response, 200, { id: created.id, estimatedCost: { credits: created.credits } });
      }
      const [, id = '', number = ''] = path.match(/^\/v1\/tasks\/(task-(\d+))$/) ?? [];
      if (id !== '' && (stub.deleted.has(id) || Number(number) > stub.billed.length)) {
        return json(response, 404, { error: 'Task not found.' });
      }
      if (id !== '' && method === 'GET') return json(response, 200, taskOf(id, Number(number)));
      if (id !== '' && method === 'DELETE') {
        stub.deleted.add(id);
        return void response.writeHead(204).end();
      }
      if (method === 'GET' && path === '/v1/organization') {
        const { creditBalance, models } = stub.account;
        return json(response, 200, {
          creditBalance,
          tier: { maxMonthlyCreditSpend: 1, models },
          usage: { models: {} },
        });
      }
      return json(response, 404, { error: `no such path ${path}` });
    }),
    {
      states: [{ status: 'SUCCEEDED' }],
      file: { bytes: Buffer.concat([png, createHash('sha256').update('a video of a fox').digest()]) },
      films: new Map<number, Buffer>(),
      cutAfter: [],
      deleted: new Set<string>(),
      billed: [],
      account: {
        creditBalance: 1_000,
        models: { seedance2_5: { maxDailyGenerations: 50 }, gpt_image_2: { maxDailyGenerations: null } },
      },
    },
  );
  return stub;
}

function sendFile(stub: RunwayStub, number: number, { headers }: Received, response: Parameters<typeof json>[0]): void {
  // The signed address is enough, and nobody who sees it may see a key.
  if (headers.authorization !== undefined) {
    json(response, 400, { error: 'Only one auth mechanism allowed.' });
    return;
  }
  const bytes = stub.films.get(number) ?? stub.file.bytes;
  const start = Number(headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
  const rest = bytes.subarray(start);
  const sized = { 'content-length': String(rest.length) };
  if (start > 0) {
    response.writeHead(206, { ...sized, 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
  } else response.writeHead(200, sized);
  const cut = stub.cutAfter.shift();
  if (cut === undefined) response.end(rest);
  else response.write(rest.subarray(0, cut), () => response.destroy());
}
