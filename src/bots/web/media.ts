import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Context, Hono } from 'hono';
import { castImageOf } from '../../db/castImage.ts';
import { isDatabaseAway } from '../../db/failures.ts';
import { type Asset, loadRun } from '../../db/runs.ts';
import { runId } from '../../domain.ts';
import { maySee } from '../actions/permission.ts';
import { textOf } from '../text.ts';
import { admit, type Caller } from './authenticate.ts';
import type { WebDeps } from './deps.ts';
import { problem, problemResponse } from './problem.ts';
import { rangeOf } from './range.ts';
import { createThumbnails, type ThumbnailSize, type Thumbnails, thumbnailSizeOf } from './thumbnails.ts';

/** The patterns of the pipeline's own keys. No other path matches them. */
const castPattern = /^cast\/([0-9a-f-]{36})\/\d-[0-9a-f]{8}\.(?:png|jpg|webp)$/;
const keyPattern =
  /^runs\/([0-9a-f-]{36})\/(?:input-)?(?:[a-z]{1,16}-)?(?:\d{1,3}-)?[0-9a-f]{8}\.(?:png|jpg|webp|mp4)$/;

/**
 * The content type was measured when the file arrived. These headers tell browsers neither to guess another type nor to run the
 * file as a page.
 */
const safely = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'referrer-policy': 'no-referrer',
};

/** Serves `/media/…`: the files of runs and of casts, for callers with a signed link or with access to them. */
export function mountMedia(app: Hono, deps: WebDeps): void {
  const thumbnails = createThumbnails(deps.services.store);
  app.on(['GET', 'HEAD'], '/media/*', async (context) => {
    try {
      return await serve(deps, thumbnails, context);
    } catch (error) {
      if (!isDatabaseAway(error)) deps.log.error({ error }, 'a medium could not be served');
      return problemResponse({ ...problem('fault', textOf('en')), status: 503, headers: { 'retry-after': '2' } });
    }
  });
}

async function serve(deps: WebDeps, thumbnails: Thumbnails, context: Context): Promise<Response> {
  const missing = () => problemResponse(problem('not_found', textOf('en')));
  const key = context.req.path.slice('/media/'.length);
  if (!castPattern.test(key) && !keyPattern.test(key)) return missing();
  const query = context.req.query();
  const isSigned = deps.links.isSigned(key, query, deps.services.now());
  const admission = isSigned ? null : await admit(deps, context);
  if (admission?.outcome === 'out') return problemResponse(admission.problem);
  // Another member's media look as if they did not exist.
  const asset = await findMedium(deps, key, admission?.caller ?? null);
  if (!asset) return missing();

  const headers = new Headers({
    ...safely,
    etag: `"${asset.sha256.slice(0, 32)}"`,
    'cache-control': 'private, max-age=3600, immutable',
    'cross-origin-resource-policy': isSigned ? 'cross-origin' : 'same-origin',
  });
  if (query.thumbnail !== undefined) {
    return await serveThumbnail(thumbnails, asset, thumbnailSizeOf(query.thumbnail), context, headers);
  }
  headers.set('content-type', asset.mime);
  headers.set('accept-ranges', 'bytes');
  headers.set('last-modified', asset.createdAt.toUTCString());
  const name = key.split('/').at(-1) ?? 'media';
  if (query.download !== undefined) headers.set('content-disposition', `attachment; filename="${name}"`);
  if (isKnown(context, headers)) return new Response(null, { status: 304, headers });
  return await serveAsset(deps, asset, context, headers);
}

type Medium = Pick<Asset, 'objectKey' | 'kind' | 'mime' | 'bytes' | 'sha256' | 'createdAt'>;

/** The medium with a key, if the caller may see it. Without a caller, the link was signed. */
async function findMedium({ services }: WebDeps, key: string, caller: Caller | null): Promise<Medium | null> {
  const castId = castPattern.exec(key)?.[1];
  if (castId !== undefined) {
    const image = await castImageOf(services.db, castId, key);
    return image && (caller === null || image.workspaceId === caller.workspace.id) ? { ...image, kind: 'image' } : null;
  }
  const id = runId.safeParse(keyPattern.exec(key)?.[1]);
  const view = id.success ? await loadRun(services.db, id.data) : null;
  if (!view || view.run.deletedAt || (caller !== null && !maySee(view.run, caller))) return null;
  return view.assets.find((one) => one.objectKey === key) ?? null;
}

async function serveThumbnail(
  thumbnails: Thumbnails,
  asset: Medium,
  size: ThumbnailSize,
  context: Context,
  headers: Headers,
): Promise<Response> {
  if (asset.kind !== 'image') return problemResponse(problem('not_found', textOf('en')));
  headers.set('etag', `"${asset.sha256.slice(0, 32)}-thumbnail-${size}"`);
  if (isKnown(context, headers)) return new Response(null, { status: 304, headers });
  const bytes = await thumbnails.of(asset.objectKey, size);
  headers.set('content-type', 'image/webp');
  headers.set('content-length', String(bytes.byteLength));
  return new Response(context.req.method === 'HEAD' ? null : bytes, { headers });
}

const isKnown = (context: Context, headers: Headers): boolean =>
  (context.req.header('if-none-match') ?? '').split(/\s*,\s*/).includes(headers.get('etag') ?? '');

async function serveAsset(deps: WebDeps, asset: Medium, context: Context, headers: Headers): Promise<Response> {
  const { bytes: size } = asset;
  const isHead = context.req.method === 'HEAD';
  // If the file has changed, a range of it would not fit the part that the client already has.
  const condition = context.req.header('if-range');
  const holds = condition === undefined || condition === headers.get('etag');
  const range = rangeOf(holds && !isHead ? context.req.header('range') : undefined, size);
  if (range.outcome === 'unsatisfiable') {
    headers.set('content-range', `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = range.outcome === 'part' ? range : { start: 0, end: size - 1 };
  headers.set('content-length', String(end - start + 1));
  if (range.outcome === 'part') headers.set('content-range', `bytes ${start}-${end}/${size}`);
  const status = range.outcome === 'part' ? 206 : 200;
  if (isHead) return new Response(null, { status, headers });
  const body = await bytesOf(deps, asset.objectKey, start, end, context.req.raw.signal);
  return body ? new Response(body, { status, headers }) : problemResponse(problem('not_found', textOf('en')));
}

type Bytes = ReadableStream<Uint8Array>;

/** Reads from the disk, or streams through from the object store, so that the page loads from this server alone. */
async function bytesOf(
  { services }: WebDeps,
  key: string,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<Bytes | null> {
  if ((await services.store.size(key)) === null) return null;
  const link = await services.store.link(key);
  if (link.kind === 'file') return webStream(createReadStream(link.path, { start, end, signal }));
  const answer = await fetch(link.url, { headers: { range: `bytes=${start}-${end}` }, signal });
  if (answer.ok && answer.body) return answer.body;
  throw new Error(`the object store answered ${answer.status} for ${key}`);
}

/** Node's types do not say what the stream holds. A file gives bytes. */
function webStream(file: Readable): Bytes {
  const chunks = file[Symbol.asyncIterator]();
  // Without this listener, a reader who disconnects would end the process.
  file.on('error', () => {});
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    cancel: () => {
      file.destroy();
    },
  });
}
