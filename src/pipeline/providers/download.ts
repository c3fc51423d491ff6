import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { Secret } from '../../db/secret.ts';
import { scrub } from '../../observability/scrub.ts';
import { ProviderError } from './provider.ts';
import { type Fault, type Rejection, retryAfterMs, toProviderError } from './providerCall.ts';

/** A file at a vendor or on a server. */
export type DownloadSource = {
  /** The name that members see. */
  vendor: string;
  url: URL;
  /** Headers that may hold a key. They are sent only to addresses for which `isOwn` is true. */
  headers: Readonly<Record<string, string>>;
  secrets: readonly Secret[];
  isOwn: (url: URL) => boolean;
  /** Whether a redirect may lead to an address that is not the vendor's own. It gets no headers of ours. */
  mayLeadTo: (url: URL) => boolean;
  /** Maps an error answer to our taxonomy. */
  classify: (rejection: Rejection) => Fault;
};

export type DownloadOptions = {
  signal: AbortSignal;
  /** A download that stalls for this many milliseconds fails. */
  idleMs: number;
  /** How long to wait before resuming a broken download, in milliseconds: once this time, then twice, then three times. */
  resumePauseMs: number;
};

/** How often a broken download is resumed before the pipeline gets the error (and may start over). */
const maxResumes = 3;
const maxRedirects = 5;

/**
 * Opens a file as a stream that is read at the reader's pace. It waits for the first answer, so it can throw a refusal. It resumes a
 * later break with a range request. If that fails too, the stream fails with a {@link ProviderError}. Reading is free and may be
 * repeated. Redirects are followed here, so that a key goes only to its vendor.
 */
export async function downloadFile(source: DownloadSource, download: DownloadOptions): Promise<Readable> {
  const transfer: Transfer = { received: 0, part: await open(source, 0, download) };
  const body = Readable.from(chunks(source, transfer, download), { objectMode: false, highWaterMark: 64 * 1024 });
  // The reader of the stream gets its error. Without this listener, the error of an unread stream would end the process.
  body.on('error', () => {});
  body.once('close', () => transfer.part.close());
  return body;
}

type Part = {
  body: AsyncIterable<Uint8Array>;
  /** The number of bytes at its beginning that we already have. */
  skip: number;
  /** Size of the whole file in bytes, if the server says it. */
  total: number | undefined;
  /** The idle limit counts only the server's silence. It pauses while our reader takes its time. */
  waiting: () => void;
  resting: () => void;
  /** The reason behind an error. It is the idle limit if that was reached. */
  why: (error: unknown) => unknown;
  close: () => void;
};
type Transfer = { received: number; part: Part };

async function* chunks(
  source: DownloadSource,
  transfer: Transfer,
  download: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  for (let resumes = 0; ; resumes += 1) {
    const before = transfer.received;
    let failure: unknown;
    try {
      if (resumes > 0) transfer.part = await open(source, transfer.received, download);
      yield* read(transfer);
    } catch (error) {
      failure = transfer.part.why(error);
    } finally {
      transfer.part.close();
    }
    const { total } = transfer.part;
    const whole = total === undefined ? failure === undefined : transfer.received >= total;
    if (whole) return;
    // Progress resets the number of resumes, so a long file still arrives over a poor connection.
    if (transfer.received > before) resumes = 0;
    const final = failure instanceof ProviderError && failure.kind !== 'timeout' && failure.kind !== 'unavailable';
    if (final || download.signal.aborted || resumes >= maxResumes) throw brokenOff(source, failure, download);
    await pause((resumes + 1) * download.resumePauseMs, undefined, { signal: download.signal }).catch(() => {});
  }
}

async function* read(transfer: Transfer): AsyncGenerator<Uint8Array> {
  const { part } = transfer;
  let { skip } = part;
  part.waiting();
  for await (const chunk of part.body) {
    part.resting();
    const fresh = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - fresh.length;
    transfer.received += fresh.length;
    if (fresh.length > 0) yield fresh;
    part.waiting();
  }
}

async function open(source: DownloadSource, from: number, download: DownloadOptions): Promise<Part> {
  const idle = new AbortController();
  const signal = AbortSignal.any([download.signal, idle.signal]);
  let timer: NodeJS.Timeout | undefined;
  const resting = () => clearTimeout(timer);
  const waiting = () => {
    resting();
    const stoodStill = () =>
      idle.abort(new ProviderError('timeout', `The download from ${source.vendor} stood still.`));
    timer = setTimeout(stoodStill, download.idleMs);
  };
  const why = (error: unknown) => (idle.signal.reason instanceof ProviderError ? idle.signal.reason : error);
  const close = () => {
    resting();
    idle.abort();
  };
  try {
    waiting();
    const response = await follow(source, from, signal);
    const { statusCode } = response;
    if (statusCode !== 200 && statusCode !== 206) throw await refusal(source, response);
    resting();
    // A server that ignores the range sends everything again. We then skip the bytes that we have.
    const skip = statusCode === 206 ? 0 : from;
    return { body: response, skip, total: totalOf(response), waiting, resting, why, close };
  } catch (error) {
    close();
    throw brokenOff(source, why(error), download);
  }
}

/** Follows redirects by itself, so that the key goes only to the vendor and never to a redirect's target. */
async function follow(source: DownloadSource, from: number, signal: AbortSignal): Promise<IncomingMessage> {
  let { url } = source;
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const response = await request(url, signal, {
      'accept-encoding': 'identity',
      ...(from > 0 && { range: `bytes=${from}-` }),
      ...(source.isOwn(url) && source.headers),
    });
    const { statusCode = 0, headers } = response;
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined) return response;
    response.resume();
    url = new URL(headers.location, url);
    if (!source.isOwn(url) && !source.mayLeadTo(url)) {
      throw new ProviderError('no_output', `${source.vendor} sent us to an address for the file that is not its own.`);
    }
  }
  throw new ProviderError('unavailable', `${source.vendor} sends the download round in circles.`);
}

/** This does not use `fetch`, which copies every chunk once more and leaves half again as much memory for the garbage collector. */
async function request(url: URL, signal: AbortSignal, headers: Record<string, string>): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const get = url.protocol === 'https:' ? getSecure : getPlain;
  const sent = get(url, { headers, signal }, (response) => {
    // Nobody listens for an error between two reads. The next read throws it.
    response.on('error', () => {});
    resolve(response);
  });
  sent.on('error', reject);
  return await promise;
}

async function refusal(source: DownloadSource, response: IncomingMessage): Promise<ProviderError> {
  const { vendor, secrets, classify } = source;
  const status = response.statusCode ?? 0;
  const body = await text(response);
  if (status === 404 || status === 410) return new ProviderError('no_output', `${vendor} no longer has the file.`);
  if (status === 416) return new ProviderError('unavailable', `The download from ${vendor} broke off.`);
  const fault = classify({ status, body, retryAfterMs: retryAfterMs({ get: (name) => headerOf(response, name) }) });
  // A refused download does not change that the file exists and is paid for.
  return toProviderError({ ...fault, detail: scrub(fault.detail, secrets), nothingGenerated: false });
}

function brokenOff({ vendor }: DownloadSource, cause: unknown, { signal }: DownloadOptions): ProviderError {
  if (signal.aborted) return new ProviderError('interrupted', `The download from ${vendor} was stopped.`);
  if (cause instanceof ProviderError) return cause;
  return new ProviderError('unavailable', `The download from ${vendor} broke off.`);
}

function totalOf(response: IncomingMessage): number | undefined {
  const range = headerOf(response, 'content-range')?.match(/\/(\d+)$/)?.[1];
  const length = response.statusCode === 206 ? range : headerOf(response, 'content-length');
  return length === undefined || length === null ? undefined : Number(length);
}

function headerOf(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name];
  return typeof value === 'string' ? value : null;
}
