import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'hono';
import type { z } from 'zod';
import type { RunView } from '../../../db/runs.ts';
import { createSteadyLook, progressOf } from '../../../pipeline/progress.ts';
import { maySee } from '../../actions/permission.ts';
import { perform, workflowCommands } from '../../commands/all.ts';
import { cancel } from '../../commands/cancel.ts';
import type { Given } from '../../commands/read.ts';
import { createAddressOf } from '../../mediaAddress.ts';
import type { Text } from '../../text.ts';
import { admit, type Caller, ownOrigin } from '../authenticate.ts';
import { agreed, idParams } from '../contract/fields.ts';
import { aspectOfSize, canceled, executeBody, executed, status, workflowOfType } from '../contract/programs.ts';
import { bytesOfDataUrl } from '../dataUrl.ts';
import type { WebDeps } from '../deps.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';
import { presentQueue, presentStatus, queueOf, statusWord } from '../present.ts';
import { problem, refusalProblem } from '../problem.ts';
import { findSeen, launched, noSuchRun, requestOf, streamed } from '../request.ts';

/** A PNG of 10 MB in base64, and the rest of the body. Bytes. */
const maxBodyBytes = 15 * 1024 * 1024;

/** How long a cancel request waits for the run to end. Milliseconds. */
const settleMs = 10_000;

const execute = endpoint({
  method: 'post',
  path: '/api/workflow/execute',
  access: 'member',
  pace: 'start',
  summary: 'Start a run. The header Idempotency-Key makes a repeated request one run.',
  given: { ...nothing, query: agreed, body: executeBody },
  maxBodyBytes,
  answers: { 202: executed },
  refuses: [402, 409, 422, 503],
  answer: async ({ deps, caller, text, context, signal, query, body }) => {
    const { config } = body;
    const images = new Map<string, Uint8Array>();
    for (const option of ['customImage', 'referenceImage'] as const) {
      const given = config[option];
      if (given === undefined) continue;
      const image = bytesOfDataUrl(given);
      if (image === null) return { refused: problem('only_data_url', text, { facts: { option } }) };
      images.set(option, image);
    }
    const request = requestOf(deps, caller, signal, {
      idempotencyKey: context.req.header('idempotency-key'),
      wish: body,
      images,
      ...query,
    });
    const command = workflowCommands[workflowOfType[config.workflowType]];
    const answer = await perform(request, command, givenOf(body));
    const started = await launched(caller, request, answer);
    if (started.outcome === 'refused') return { refused: started.problem };
    const { run } = started.view;
    const progress = progressOf(started.view, deps.services.now());
    return {
      status: 202,
      body: {
        success: true,
        workflowId: run.id,
        estimatedCost: run.priceCredits,
        estimatedDuration: Math.ceil(progress.remainingMs / 1_000),
        queue: presentQueue(started.queue, text),
      },
    };
  },
});

/**
 * Passes to each workflow only the options that it takes, because it would refuse others. The original product's bodies always
 * contain all of them.
 */
function givenOf({ config }: z.infer<typeof executeBody>): Given {
  const { initialPrompt: prompt, imageConfig = {}, videoConfig = {}, storyConfig = {} } = config;
  const { style, quality, size, variants, frames } = imageConfig;
  const { duration, resolution, generateAudio: audio } = videoConfig;
  const aspect = size && aspectOfSize[size];
  const image = config.customImage === undefined ? undefined : 'customImage';
  const ref = config.referenceImage === undefined ? undefined : 'referenceImage';
  const model = config.models?.length ? config.models.join('+') : undefined;
  const byWorkflow = {
    complete: { prompt, style, quality, aspect, duration, resolution, audio, frames, ref, model },
    image: { prompt, style, quality, aspect, variants, ref, model },
    video: { prompt, aspect, duration, resolution, audio, image, model },
    story: { prompt, style, quality, aspect, duration, resolution, audio, ref, model, ...storyConfig },
    edit: { prompt, quality, aspect, image, model },
  };
  return said(byWorkflow[workflowOfType[config.workflowType]]);
}

const said = (options: Record<string, string | number | boolean | undefined>): Given =>
  Object.fromEntries(Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

const readStatus = endpoint({
  method: 'get',
  path: '/api/workflow/status/{id}',
  access: 'member',
  summary: 'Where a run stands',
  given: { ...nothing, params: idParams },
  answers: { 200: status },
  refuses: [404],
  answer: async ({ deps, caller, text, context, params }) => {
    const view = await findSeen(deps, caller, params.id);
    if (!view) return noSuchRun(text);
    const stands = await presentStatus(deps, view, text, addresses(deps, context));
    const queue = presentQueue(await queueOf(deps.services, view), text);
    return { status: 200, body: { ...stands, ...(queue && { queue }) } };
  },
});

/** Makes absolute addresses of objects, each once. Without a public address they are on this server. */
function addresses(deps: WebDeps, context: Context): (objectKey: string) => Promise<string> {
  const { services, links, publicUrl } = deps;
  const addressOf = createAddressOf({ store: services.store, links, publicUrl, now: services.now });
  const known = new Map<string, string>();
  return async (objectKey) => {
    const before = known.get(objectKey);
    if (before !== undefined) return before;
    const found = await addressOf(objectKey);
    const address = found?.url ?? ownOrigin(deps, context) + links.sign(objectKey, services.now());
    known.set(objectKey, address);
    return address;
  };
}

const events = endpoint({
  method: 'get',
  path: '/api/workflow/events/{id}',
  access: 'member',
  summary:
    'The same as server-sent events: one for each change, and the last one ends the stream. Last-Event-ID resumes it.',
  given: { ...nothing, params: idParams },
  answers: { 200: status },
  stream: 'text/event-stream',
  refuses: [404],
  answer: async ({ deps, caller, text, context, params }) => {
    const view = await findSeen(deps, caller, params.id);
    if (!view) return noSuchRun(text);
    const seen = context.req.header('last-event-id');
    const tell = await teller(deps, context, text);
    // A 204 tells an EventSource not to reconnect.
    if (view.run.settledAt && seen === (await tell(view)).id) return new Response(null, { status: 204 });
    const isWelcome = async () => {
      const now = await admit(deps, context);
      return now.outcome === 'in' && maySee(view.run, now.caller);
    };
    return streamed(deps, caller, text, isWelcome, async ({ send, signal }) => {
      let last = seen;
      for await (const now of withTicks(deps.services.watch(view.run.id, signal), signal)) {
        const event = await tell(now);
        if (event.id !== last) send(event);
        last = event.id;
        if (now.run.settledAt) return;
      }
    });
  },
});

/**
 * An event's id identifies its content, so every process gives the same id. It leaves out addresses, which change every hour and
 * tell nothing new.
 */
async function teller(deps: WebDeps, context: Context, text: Text) {
  const address = addresses(deps, context);
  const look = createSteadyLook();
  return async (view: RunView) => {
    const data = await presentStatus(deps, view, text, address, look);
    const named = await presentStatus(deps, view, text, async (key) => key, look);
    const id = createHash('sha256')
      .update(JSON.stringify({ ...named, estimatedTimeRemaining: 0 }))
      .digest('hex');
    return { id: id.slice(0, 24), data };
  };
}

/** Repeats the last view every second, because a run's progress moves with time alone. */
async function* withTicks(views: AsyncGenerator<RunView>, signal: AbortSignal): AsyncGenerator<RunView> {
  let next = views.next();
  let last: RunView | null = null;
  while (!signal.aborted) {
    const tick = new AbortController();
    const came = await Promise.race([next, delay(1_000, null, { signal: tick.signal }).catch(() => null)]);
    tick.abort();
    if (came?.done) return;
    if (came) {
      last = came.value;
      next = views.next();
    }
    if (last) yield last;
  }
}

const stop = endpoint({
  method: 'post',
  path: '/api/workflow/cancel/{id}',
  access: 'member',
  summary:
    'Stop a run. 200: what went back and what was paid; 202: what was sent is still at work, ask again; 409 with maxCredits: what it would cost.',
  given: { ...nothing, params: idParams, query: agreed },
  answers: { 200: canceled, 202: canceled },
  refuses: [403, 404, 409],
  answer: async ({ deps, caller, text, signal, params, query }) => {
    if (!(await findSeen(deps, caller, params.id))) return noSuchRun(text);
    const request = requestOf(deps, caller, signal, query);
    // A program that names no limit accepts whatever canceling costs.
    const yes = query.maxCredits === undefined ? { yes: true } : {};
    const answer = await perform(request, cancel, { run: params.id, ...yes });
    if (answer.kind === 'refusal') return { refused: refusalProblem(answer.refusal, text) };
    const view = await settled(deps, caller, params.id, signal);
    if (!view) return noSuchRun(text);
    const { run } = view;
    const body = {
      success: true,
      workflowId: run.id,
      status: statusWord(run.state),
      held: run.priceCredits,
      released: run.releasedCredits,
      captured: run.capturedCredits,
    } as const;
    return run.settledAt ? { status: 200, body } : { status: 202, body };
  },
});

/** Returns the run once it has ended, or its current state after a while. */
async function settled(deps: WebDeps, caller: Caller, id: string, signal: AbortSignal): Promise<RunView | null> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(settleMs)]);
  const own = await findSeen(deps, caller, id);
  if (!own) return null;
  for await (const view of deps.services.watch(own.run.id, patience)) if (view.run.settledAt) return view;
  return await findSeen(deps, caller, id);
}

export const workflowEndpoints: readonly Endpoint[] = [execute, readStatus, events, stop];
