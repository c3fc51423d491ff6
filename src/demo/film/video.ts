import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startChild } from '../../childProcess.ts';
import type { JsonValue } from '../../domain.ts';
import { findFfmpeg, noFfmpegAdvice } from '../../pipeline/media/ffmpeg.ts';
import {
  type Call,
  type Polled,
  type Provider,
  ProviderError,
  type VideoRequest,
} from '../../pipeline/providers/provider.ts';
import { type DemoFault, faultError } from '../faults.ts';
import { paced } from '../pace.ts';
import {
  attemptPath,
  exists,
  files,
  latestAttempt,
  type Operation,
  prune,
  readFailure,
  readOrder,
  renderedFraction,
  rendererOf,
  writeWhole,
} from './operation.ts';
import { endGroup } from './processes.ts';

const pollAfterMs = 400;
/** A film that crashes its renderer three times would crash a fourth one too. */
const maxAttempts = 3;
const renderScript = fileURLToPath(new URL('./render.ts', import.meta.url));
const handleShape = z.object({ operation: z.uuid() });

export type VideoSettings = {
  /** The studio's own directory. Operations are stored below it. */
  directory: string;
  minStepMs: number;
  fault: DemoFault | undefined;
  ffmpegPath: string | undefined;
};

type VideoCalls = Pick<Provider<'video'>, 'submit' | 'poll' | 'download' | 'cancel'>;

/** Films as long-running operations. A separate process renders a film and outlives the process that ordered it. */
export function createVideoCalls(settings: VideoSettings): VideoCalls {
  const operations = join(settings.directory, 'operations');
  const directoryOf = (handle: JsonValue) => {
    const parsed = handleShape.safeParse(handle);
    if (!parsed.success) throw new ProviderError('interrupted', 'this is no handle of the demo studio');
    return join(operations, parsed.data.operation);
  };
  return {
    submit: (request, call) => submit(operations, settings, request, call),
    poll: async (handle) => poll(directoryOf(handle)),
    download: async (handle) => {
      const path = join(directoryOf(handle), files.film);
      const file = await open(path, 'r').catch(() => {
        throw new ProviderError('interrupted', 'the demo studio no longer has this film');
      });
      return { body: createReadStream(path, { fd: file }) };
    },
    cancel: async (handle) => cancel(directoryOf(handle)),
  };
}

async function submit(operations: string, settings: VideoSettings, request: VideoRequest, call: Call) {
  const { fault } = settings;
  if (fault === 'fail' || fault === 'refuse') return paced(settings.minStepMs, fault, call.signal, unreachable);
  const ffmpeg = await findFfmpeg(settings.ffmpegPath);
  if (ffmpeg === null) throw new ProviderError('unavailable', noFfmpegAdvice, { nothingGenerated: true });
  const id = randomUUID();
  const directory = join(operations, id);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    await writeFile(join(directory, files.source), request.image.content, { signal: call.signal });
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    call.signal.throwIfAborted();
    throw error;
  }
  const order: Operation = {
    submittedAtMs: Date.now(),
    minStepMs: settings.minStepMs,
    fault: fault ?? null,
    ffmpegPath: ffmpeg.path,
    prompt: request.prompt,
    aspect: request.aspect,
    resolution: request.resolution,
    durationSeconds: request.duration,
    audio: request.audio,
  };
  await writeWhole(directory, files.order, JSON.stringify(order));
  if (fault !== 'hang') await startRenderer(directory, 1);
  await prune(operations, Date.now());
  return { outcome: 'accepted', handle: { operation: id }, pollAfterMs } as const;
}

async function poll(directory: string): Promise<Polled> {
  const order = await readOrder(directory);
  if (order === null) throw new ProviderError('interrupted', 'the demo studio does not know this operation any more');
  if (await exists(directory, files.canceled)) throw new ProviderError('interrupted', 'the rendering was canceled');
  if (order.fault === 'hang') return { outcome: 'working', fraction: 0.5, pollAfterMs };
  const failure = await readFailure(directory);
  if (failure !== null) throw new ProviderError(failure.kind, failure.detail);
  const elapsed = order.minStepMs === 0 ? 1 : Math.min(1, (Date.now() - order.submittedAtMs) / order.minStepMs);
  if (await exists(directory, files.film)) {
    if (elapsed < 1) return { outcome: 'working', fraction: elapsed, pollAfterMs };
    if (order.fault === 'no_output') throw faultError(order.fault);
    return { outcome: 'finished' };
  }
  const attempt = await latestAttempt(directory);
  const renderer = await rendererOf(attemptPath(directory, attempt), Date.now());
  // A renderer may have ended well between the two checks, so this checks for the film once more before it counts as dead.
  const died =
    renderer.state === 'dead' && !(await exists(directory, files.film)) && (await readFailure(directory)) === null;
  if (died && attempt >= maxAttempts)
    throw new ProviderError('no_output', 'the renderer ended before its time, three times');
  if (died) await startRenderer(directory, attempt + 1);
  const fraction = Math.min(elapsed, await renderedFraction(attemptPath(directory, attempt), order));
  return { outcome: 'working', fraction, pollAfterMs };
}

/** Starts the numbered attempt in a session of its own, unless another process was faster. */
async function startRenderer(directory: string, attempt: number): Promise<void> {
  const place = attemptPath(directory, attempt);
  try {
    await mkdir(place);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw error;
  }
  const log = await open(join(place, files.log), 'a');
  try {
    const child = startChild(renderScript, [place], {
      cwd: place,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    child.unref();
  } finally {
    await log.close();
  }
}

async function cancel(directory: string): Promise<void> {
  if ((await readOrder(directory)) === null) return;
  // The mark comes first, so a renderer that is just starting finds it.
  await writeFile(join(directory, files.canceled), '');
  const attempt = await latestAttempt(directory);
  if (attempt === 0) return;
  const renderer = await rendererOf(attemptPath(directory, attempt), Date.now());
  if (renderer.state === 'alive') await endGroup(renderer.identity);
}

async function unreachable(): Promise<never> {
  throw new Error('a fault that strikes at once does no work');
}
