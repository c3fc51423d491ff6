import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { OwnServer } from '../config.ts';
import { deadlines } from '../deadlines.ts';
import { downloadFile } from '../download.ts';
import { type Endpoint, keyHeaders, requestJson } from '../http.ts';
import { type Call, type Picture, ProviderError } from '../provider.ts';
import { classify, comfyName, type NodeErrors, nodeErrorsShape, shown, wordsOf } from './errors.ts';
import type { Graph } from './graph.ts';
import { type HistoryEntry, historyShape, type ResultFile } from './history.ts';

export type ComfyServer = OwnServer & {
  /** Milliseconds since the epoch. The polling interval depends on it. */
  now?: () => number;
  submitDeadlineMs?: number;
  pollDeadlineMs?: number;
  idleDownloadMs?: number;
  resumePauseMs?: number;
};

type Context = Pick<Call, 'signal'>;

export const endpointOf = ({ baseUrl, key }: OwnServer): Endpoint => ({
  vendor: comfyName,
  baseUrl,
  key,
  classify,
});

const uploaded = z.object({ name: z.string().min(1), subfolder: z.string().catch('') });

/** Brings a picture to the server and returns the name by which a workflow loads it. Until the prompt is sent, nothing is generated. */
export async function upload(server: ComfyServer, { content, mime }: Picture, { signal }: Context): Promise<string> {
  const form = new FormData();
  const name = `vidgenie-${randomUUID()}.${mime.replace('image/', '')}`;
  form.set('image', new File([new Uint8Array(content)], name, { type: mime }));
  const request = {
    method: 'POST',
    path: '/upload/image',
    body: { form },
    deadlineMs: server.submitDeadlineMs ?? deadlines.submitVideo,
    signal,
  } as const;
  try {
    const kept = await requestJson(endpointOf(server), request, uploaded);
    return kept.subfolder === '' ? kept.name : `${kept.subfolder}/${kept.name}`;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { kind, message, lacksPermission, retryAfterMs } = error;
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    throw new ProviderError(kind, message, { nothingGenerated: true, lacksPermission, ...wait, cause: error });
  }
}

const queued = z.object({ prompt_id: z.string().min(1), node_errors: nodeErrorsShape });

/**
 * Puts a workflow into ComfyUI's queue and returns its id. We choose the id, so that a prompt whose answer was lost can be looked for. An
 * older ComfyUI ignores it and chooses one itself.
 */
export async function queuePrompt(
  server: ComfyServer,
  { prompt, output }: { prompt: Graph; output: string },
  call: Context,
): Promise<string> {
  const id = randomUUID();
  const request = {
    method: 'POST',
    path: '/prompt',
    body: { json: { prompt, client_id: id, prompt_id: id } },
    deadlineMs: server.submitDeadlineMs ?? deadlines.submitVideo,
    signal: call.signal,
  } as const;
  const answer = await requestJson(endpointOf(server), request, queued).catch(async (error: unknown) => {
    const isLost = error instanceof ProviderError && !error.nothingGenerated && !call.signal.aborted;
    if (isLost && (await isKnown(server, id, call))) return { prompt_id: id, node_errors: {} };
    throw error;
  });
  if (!concerns(answer.node_errors, output)) return answer.prompt_id;
  // ComfyUI works on the rest of such a workflow, of which we need nothing.
  await cancelPrompt(server, answer.prompt_id, call).catch(() => {});
  const detail = `ComfyUI cannot make the output of the workflow. ${wordsOf(answer.node_errors)}`;
  throw new ProviderError('invalid_request', shown(detail, server.key));
}

const concerns = (errors: NodeErrors, output: string): boolean =>
  Object.entries(errors).some(([id, one]) => id === output || one.dependent_outputs.includes(output));

/** Whether ComfyUI has a prompt. False if it could not be asked. */
const isKnown = (server: ComfyServer, id: string, call: Context): Promise<boolean> =>
  lookAt(server, id, call).then(
    ({ at }) => at !== 'gone',
    () => false,
  );

/** The state of a prompt. `gone`: ComfyUI does not know it, for example because it was restarted. */
export type Whereabouts = { at: 'pending' } | { at: 'running' } | { at: 'ended'; entry: HistoryEntry } | { at: 'gone' };

export async function lookAt(server: ComfyServer, id: string, call: Context): Promise<Whereabouts> {
  const ended = await endedPrompt(server, id, call);
  if (ended) return { at: 'ended', entry: ended };
  const { queue_running, queue_pending } = await readQueue(server, call);
  if (queue_running.some((item) => item[1] === id)) return { at: 'running' };
  if (queue_pending.some((item) => item[1] === id)) return { at: 'pending' };
  // It may have ended between the two answers.
  const entry = await endedPrompt(server, id, call);
  return entry ? { at: 'ended', entry } : { at: 'gone' };
}

async function endedPrompt(server: ComfyServer, id: string, { signal }: Context): Promise<HistoryEntry | null> {
  const path = `/history/${encodeURIComponent(id)}`;
  const deadlineMs = server.pollDeadlineMs ?? deadlines.poll;
  const history = await requestJson(endpointOf(server), { method: 'GET', path, deadlineMs, signal }, historyShape);
  return history[id] ?? null;
}

/** Each item is a list: its number, its id, its workflow, and more. */
const items = z.array(z.tuple([z.number(), z.string()]).rest(z.unknown()));
const queue = z.object({ queue_running: items, queue_pending: items });

const readQueue = (server: ComfyServer, { signal }: Context) =>
  requestJson(
    endpointOf(server),
    { method: 'GET', path: '/queue', deadlineMs: server.pollDeadlineMs ?? deadlines.poll, signal },
    queue,
  );

/**
 * Takes a prompt out of the queue, or interrupts it if it is the one that runs. An older ComfyUI ignores the id and interrupts whatever
 * runs, so we ask it only while our prompt does.
 */
export async function cancelPrompt(server: ComfyServer, id: string, { signal }: Context): Promise<void> {
  const post = (path: string, json: unknown) =>
    requestJson(
      endpointOf(server),
      { method: 'POST', path, body: { json }, deadlineMs: deadlines.cancel, signal },
      z.unknown(),
    );
  await post('/queue', { delete: [id] });
  const { queue_running } = await readQueue(server, { signal });
  if (queue_running.some((item) => item[1] === id)) await post('/interrupt', { prompt_id: id });
}

/** Opens a result. Its address is always the server's own: the name of the file is the only thing that ComfyUI says about it. */
export async function openFile(server: ComfyServer, file: ResultFile, { signal }: Context): Promise<Readable> {
  const endpoint = endpointOf(server);
  const { origin } = new URL(server.baseUrl);
  return await downloadFile(
    {
      vendor: comfyName,
      url: new URL(`${server.baseUrl}/view?${new URLSearchParams(file)}`),
      headers: keyHeaders(endpoint),
      secrets: server.key ? [server.key] : [],
      isOwn: (url) => url.origin === origin,
      mayLeadTo: () => false,
      classify,
    },
    {
      signal,
      idleMs: server.idleDownloadMs ?? deadlines.idleDownload,
      resumePauseMs: server.resumePauseMs ?? 1_000,
    },
  );
}
