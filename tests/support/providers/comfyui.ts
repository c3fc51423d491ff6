import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { png } from './call.ts';
import { type ComfyGraph, errorsIn, graphOf, modelsIn, objectInfo } from './comfyui-nodes.ts';
import { formOf } from './openai.ts';
import { json, type Received, type Stub, startStub } from './server.ts';

export const sampleFolder = fileURLToPath(new URL('../../../docs/comfyui', import.meta.url));

/** The workflows of a folder, in ComfyUI's form. */
export const graphsIn = (folder: string): ComfyGraph[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json') && !file.endsWith('.vidgenie.json'))
    .map((file) => graphOf.parse(JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'))));

type JobState = 'pending' | 'running' | 'done' | 'failed' | 'interrupted';

/** A prompt that ComfyUI has queued. `output` is its node that saves a file. */
export type ComfyJob = {
  id: string;
  graph: ComfyGraph;
  output: string;
  state: JobState;
  /** Takes the place of what ComfyUI would tell about the outputs. */
  outputs?: unknown;
  /** Takes the place of what ComfyUI would tell about the status. */
  status?: unknown;
};

export type ComfyStub = Stub & {
  /** Every prompt that it has queued, in order, also those that it has forgotten. It bills each of them. */
  jobs: ComfyJob[];
  /** The state of the next prompts. */
  starts: JobState;
  uploads: Map<string, Buffer>;
  models: Map<string, Set<string>>;
  /** A ComfyUI that chooses the ids itself, and that interrupts whatever runs. */
  isOld: boolean;
  /** The key that a proxy before it wants. */
  key: string | null;
  /** The next prompts are queued, and the connection breaks before the answer. */
  losesAnswers: number;
  /** The file of a prompt. */
  fileOf: (job: ComfyJob, index: number) => Buffer | Promise<Buffer>;
  /** Restarts it. It then knows neither queue nor history. */
  restart: () => void;
  /** Called after the history was looked up and before it is told. */
  beforeHistory: () => void;
};

const submission = z.strictObject({ prompt: graphOf, client_id: z.uuid(), prompt_id: z.uuid() });
const deletion = z.strictObject({ delete: z.array(z.string()) });
const interruption = z.strictObject({ prompt_id: z.string() });

const savers = ['SaveImage', 'SaveVideo'];
const outputOf = (graph: ComfyGraph): string | null =>
  Object.entries(graph).find(([, { class_type }]) => savers.includes(class_type))?.[0] ?? null;

/** The value of an input of the first node of a class. */
export const inputOf = ({ graph }: Pick<ComfyJob, 'graph'>, className: string, name: string): unknown =>
  Object.values(graph).find(({ class_type }) => class_type === className)?.inputs[name];

const nodeError = {
  node_id: '8',
  node_type: 'KSampler',
  exception_type: 'torch.OutOfMemoryError',
  exception_message: 'Allocation failed while loading /home/operator/ComfyUI/models/unet/secret folder/a.safetensors',
  traceback: ['  File "/home/operator/ComfyUI/execution.py", line 1'],
  current_inputs: {},
};

/** ComfyUI, with the models that its workflows need. It checks each workflow against ComfyUI's own definitions of nodes. */
export async function startComfy(folder = sampleFolder): Promise<ComfyStub> {
  let known: ComfyJob[] = [];
  const own: Omit<ComfyStub, keyof Stub> = {
    jobs: [],
    starts: 'done',
    uploads: new Map(),
    models: modelsIn(graphsIn(folder)),
    isOld: false,
    key: null,
    losesAnswers: 0,
    fileOf: () => png,
    restart: () => {
      known = [];
    },
    beforeHistory: () => {},
  };
  const stub: ComfyStub = Object.assign(await startStub((request, response) => answer(request, response)), own);

  async function answer(request: Received, response: ServerResponse): Promise<void> {
    const { method, path, body, headers, url } = request;
    if (stub.key !== null && headers.authorization !== `Bearer ${stub.key}`) {
      return json(response, 401, { error: { message: `not ${headers.authorization}` } });
    }
    const asked = `${method} ${path}`;
    if (asked === 'POST /upload/image') return json(response, 200, await keep(request));
    if (asked === 'POST /prompt') return await submit(body, response);
    if (asked === 'GET /queue') return json(response, 200, queue());
    if (asked === 'POST /queue') {
      const gone = deletion.parse(body).delete;
      known = known.filter(({ id, state }) => state !== 'pending' || !gone.includes(id));
      return void response.writeHead(200).end();
    }
    if (asked === 'POST /interrupt') {
      const wanted = interruption.parse(body).prompt_id;
      for (const job of known) {
        if (job.state === 'running' && (stub.isOld || job.id === wanted)) job.state = 'interrupted';
      }
      return void response.writeHead(200).end();
    }
    if (asked === 'GET /system_stats')
      return json(response, 200, { system: { comfyui_version: '0.3.64' }, devices: [] });
    if (method === 'GET' && path.startsWith('/history/')) {
      const told = history(path.slice('/history/'.length));
      stub.beforeHistory();
      return json(response, 200, told);
    }
    if (method === 'GET' && path.startsWith('/object_info/')) {
      const name = path.slice('/object_info/'.length);
      return json(response, 200, objectInfo(name, stub, name.startsWith('CLIP')));
    }
    if (asked === 'GET /view') return await send(url, headers.range, response);
    return json(response, 404, { error: `no such path ${path}` });
  }

  async function keep(request: Received) {
    const { image } = z.object({ image: z.file() }).parse(await formOf(request));
    // A name that exists already gets a number, as in ComfyUI.
    const name = stub.uploads.has(image.name) ? image.name.replace('.', ' (1).') : image.name;
    stub.uploads.set(name, Buffer.from(await image.arrayBuffer()));
    return { name, subfolder: '', type: 'input' };
  }

  async function submit(body: unknown, response: ServerResponse): Promise<void> {
    const { prompt: graph, prompt_id } = submission.parse(body);
    const errors = errorsIn(graph, stub);
    const output = outputOf(graph);
    if (output === null)
      return json(response, 400, {
        error: { type: 'prompt_no_outputs', message: 'Prompt has no outputs', details: '' },
        node_errors: {},
      });
    if (errors.length > 0) {
      const node_errors = Object.fromEntries(
        errors.map(({ node, message, details }) => [
          node,
          {
            class_type: graph[node]?.class_type,
            errors: [{ type: 'x', message, details }],
            dependent_outputs: [output],
          },
        ]),
      );
      const error = {
        type: 'prompt_outputs_failed_validation',
        message: 'Prompt outputs failed validation',
        details: '',
      };
      return json(response, 400, { error, node_errors });
    }
    const job = { id: stub.isOld ? randomUUID() : prompt_id, graph, output, state: stub.starts };
    stub.jobs.push(job);
    known.push(job);
    if (stub.losesAnswers > 0) {
      stub.losesAnswers -= 1;
      return void response.destroy();
    }
    json(response, 200, { prompt_id: job.id, number: stub.jobs.length, node_errors: {} });
  }

  const itemOf = ({ id, graph, output }: ComfyJob) => [stub.jobs.length, id, graph, { client_id: id }, [output]];
  const queue = () => ({
    queue_running: known.filter(({ state }) => state === 'running').map(itemOf),
    queue_pending: known.filter(({ state }) => state === 'pending').map(itemOf),
  });

  function history(id: string): unknown {
    const job = known.find((one) => one.id === id && one.state !== 'pending' && one.state !== 'running');
    if (!job) return {};
    const isVideo = job.graph[job.output]?.class_type === 'SaveVideo';
    const file = {
      filename: `${stub.jobs.indexOf(job)}.${isVideo ? 'mp4' : 'png'}`,
      subfolder: 'vidgenie',
      type: 'output',
    };
    const saved = isVideo ? { images: [file], animated: [true] } : { images: [file] };
    const outputs = job.state === 'done' ? { [job.output]: saved } : {};
    return {
      [id]: { prompt: itemOf(job), outputs: job.outputs ?? outputs, status: job.status ?? statusOf(job), meta: {} },
    };
  }

  async function send(url: URL, range: string | undefined, response: ServerResponse): Promise<void> {
    const { filename, subfolder, type } = Object.fromEntries(url.searchParams);
    const index = Number(filename?.replace(/\.\w+$/, ''));
    const job = stub.jobs[index];
    if (!job || subfolder !== 'vidgenie' || type !== 'output') return void response.writeHead(404).end();
    const bytes = await stub.fileOf(job, index);
    const from = Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    const rest = bytes.subarray(from);
    const part = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': String(rest.length), ...part }).end(rest);
  }

  return stub;
}

function statusOf({ id, state }: ComfyJob): unknown {
  const start = ['execution_start', { prompt_id: id, timestamp: 1 }];
  if (state === 'failed') {
    return {
      status_str: 'error',
      completed: false,
      messages: [start, ['execution_error', { prompt_id: id, ...nodeError }]],
    };
  }
  if (state === 'interrupted') {
    return { status_str: 'error', completed: false, messages: [start, ['execution_interrupted', { prompt_id: id }]] };
  }
  return { status_str: 'success', completed: true, messages: [start, ['execution_success', { prompt_id: id }]] };
}
