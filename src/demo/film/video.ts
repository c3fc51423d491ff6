import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rm, writeFile } from 'node:fs/promises';
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
import { type DemoFault, type DemoStep, faultError } from '../faults.ts';
import { paced } from '../pace.ts';
import {
  attemptPath,
  exists,
  files,
  latestAttempt,
  legsOf,
  type Operation,
  prune,
  readFailure,
  readOrder,
  renderedFraction,
  rendererOf,
  secondsOf,
  writeWhole,
} from './operation.ts';
import { endGroup } from './processes.ts';

const pollAfterMs = 400;
/** A film that crashes its renderer three times would crash a fourth one too. */
const maxAttempts = 3;
/** The longest film after it was made longer. */
export const maxFilmSeconds = 30;
const renderScript = fileURLToPath(new URL('./render.ts', import.meta.url));
const handleShape = z.object({ operation: z.uuid() });

export type VideoSettings = {
  /** The studio's own directory. Operations are stored below it. */
  directory: string;
  minStepMs: number;
  faultOf: (step: DemoStep, runId: string) => DemoFault | undefined;
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
  const fault = settings.faultOf('video', call.runId);
  if (fault === 'fail' || fault === 'refuse') return paced(settings.minStepMs, fault, call.signal, unreachable);
  const ffmpeg = await findFfmpeg(settings.ffmpegPath);
  if (ffmpeg === null) throw new ProviderError('unavailable', noFfmpegAdvice, { nothingGenerated: true });
  const id = randomUUID();
  const directory = join(operations, id);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    const { earlier, hasEnding } = await prepare(operations, directory, request, call.signal);
    const order: Operation = {
      submittedAtMs: Date.now(),
      minStepMs: settings.minStepMs,
      fault: fault ?? null,
      ffmpegPath: ffmpeg.path,
      prompt: request.prompt,
      aspect: request.aspect,
      resolution: request.resolution,
      durationSeconds: request.duration,
      earlier,
      hasEnding,
      audio: request.audio,
    };
    await writeWhole(directory, files.order, JSON.stringify(order));
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    call.signal.throwIfAborted();
    throw error;
  }
  if (fault !== 'hang') await startRenderer(directory, 1);
  await prune(operations, Date.now());
  return { outcome: 'accepted', handle: { operation: id }, pollAfterMs } as const;
}

type Prepared = Pick<Operation, 'earlier' | 'hasEnding'>;

/** Puts the pictures of a film into the operation's directory. Returns the parts of the film that it makes longer. */
async function prepare(
  operations: string,
  directory: string,
  { start, last, ...request }: VideoRequest,
  signal: AbortSignal,
): Promise<Prepared> {
  if (start.from === 'image') {
    await writeFile(join(directory, files.source), start.image.content, { signal });
    if (last) await writeFile(join(directory, files.last), last.content, { signal });
    return { earlier: [], hasEnding: last !== null };
  }
  if (start.from === 'text') throw refused('the demo studio begins a film with a picture');
  const gone = () => new ProviderError('no_output', 'the demo studio no longer has this film', { isGone: true });
  const parsed = handleShape.safeParse(start.handle);
  if (!parsed.success) throw gone();
  const from = join(operations, parsed.data.operation);
  const order = await readOrder(from);
  if (order === null) throw gone();
  const legs = legsOf(order);
  if (order.aspect !== request.aspect || order.resolution !== request.resolution) {
    throw refused(`the film is ${order.aspect} in ${order.resolution}, and stays so when it is made longer`);
  }
  if (secondsOf(legs) + request.duration > maxFilmSeconds) {
    throw refused(`the film has ${secondsOf(legs)} seconds, and may have at most ${maxFilmSeconds}`);
  }
  // Copies, so that neither operation needs the other one's files.
  const { hasEnding } = order;
  for (const [name, copied] of [
    [files.source, files.source],
    ...(hasEnding ? [[files.last, files.last] as const] : []),
    [files.film, files.base],
  ] as const) {
    await copyFile(join(from, name), join(directory, copied)).catch((error: unknown) => {
      throw error instanceof Error && 'code' in error && error.code === 'ENOENT' ? gone() : error;
    });
  }
  return { earlier: legs, hasEnding };
}

const refused = (detail: string) => new ProviderError('invalid_request', detail, { nothingGenerated: true });

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
