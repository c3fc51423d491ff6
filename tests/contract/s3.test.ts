import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createS3Store } from '../../src/pipeline/media/s3.ts';
import { type MediaStore, StorageError } from '../../src/pipeline/media/store.ts';
import { deserted } from '../support/providers/server.ts';
import { type S3Server, startS3 } from '../support/s3/server.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const key = 'runs/8e0f2f0e-2c4a-4a5e-9f6e-0d7a3f1b2c3d/video.mp4';

async function s3(options: { now?: () => Date } = {}): Promise<S3Server> {
  const server = await startS3(await temporaryDirectory(), options);
  onTestFinished(server.close);
  return server;
}

/** The store, configured by an operator's variables. */
function storeOf(server: S3Server, over: Record<string, string> = {}): MediaStore {
  const { s3: settings } = readConfig({ ...server.environment, ...over });
  if (!settings) throw new Error('no S3 in the configuration');
  return createS3Store(settings);
}

async function prepared(over: Record<string, string> = {}): Promise<{ server: S3Server; store: MediaStore }> {
  const server = await s3();
  const store = storeOf(server, over);
  await store.prepare();
  return { server, store };
}

async function localFile(content: string | Buffer, mime = 'video/mp4') {
  const path = join(await temporaryDirectory(), 'incoming');
  await writeFile(path, content);
  return { path, mime, bytes: Buffer.byteLength(content) };
}

test('the bucket gives back what was put, overwrites a key that is put again, and forgets what is removed', async () => {
  const { store } = await prepared();
  await store.put(key, await localFile('first'));
  await store.put(key, await localFile('the second'));
  expect(await text(await store.open(key))).toBe('the second');
  expect(await store.size(key)).toBe(10);
  await store.remove(key);
  await store.remove(key);
  expect(await store.size(key)).toBeNull();
  await expect(store.open(key)).rejects.toThrow(/no such object/);
});

test('a large file goes up in parts and comes back whole', async () => {
  const { server, store } = await prepared();
  const content = Buffer.alloc(20 * 1024 * 1024, 'VidGenie');
  await store.put(key, await localFile(content));
  expect(server.requests.filter(({ path }) => path.includes('partNumber='))).toHaveLength(4);
  expect((await buffer(await store.open(key))).equals(content)).toBe(true);
});

test('a large file whose last answer is lost is taken for what it is: stored', async () => {
  const server = await s3();
  const proxy = await openTcpProxy(() => ({ host: '127.0.0.1', port: Number(new URL(server.endpoint).port) }));
  onTestFinished(proxy.close);
  const store = storeOf(server, { S3_ENDPOINT: `http://127.0.0.1:${proxy.port}` });
  await store.prepare();
  const content = Buffer.alloc(12 * 1024 * 1024, 'VidGenie');
  const swallowed = proxy.swallowAnswerTo((bytes) => /^POST \S*uploadId=/.test(bytes.toString('latin1')));
  await store.put(key, await localFile(content));
  await swallowed;
  expect(server.requests.filter(({ method, path }) => method === 'POST' && path.includes('uploadId='))).toHaveLength(2);
  expect((await buffer(await store.open(key))).equals(content)).toBe(true);
});

test('a put that fails for good says why, whatever of another size lies under its key', async () => {
  const { server, store } = await prepared();
  await store.put(key, await localFile('an older one'));
  const file = await localFile('newer');
  server.fault = 403;
  const asked = server.arrival(/video/);
  const put = store.put(key, file);
  await Promise.race([asked, put]);
  server.fault = null;
  await expect(put).rejects.toMatchObject({ name: 'StorageError', isPassing: false });
});

test('a put that is aborted or whose file is not as measured stores nothing', async () => {
  const { store } = await prepared();
  const lying = { ...(await localFile('cut off')), bytes: 700 };
  await expect(store.put(key, lying)).rejects.toThrow('7 bytes where 700');
  const aborted = AbortSignal.abort(new Error('lost to another worker'));
  await expect(store.put(key, await localFile('late'), aborted)).rejects.toThrow('lost to another worker');
  expect(await store.size(key)).toBeNull();
});

test('an upload that is aborted midway ends at once and stores nothing', async () => {
  const { server, store } = await prepared();
  const file = await localFile(Buffer.alloc(20 * 1024 * 1024));
  server.fault = 'hang';
  const lost = new AbortController();
  const begun = server.arrival(/uploads/);
  const put = store.put(key, file, lost.signal);
  await begun;
  lost.abort(new Error('lost to another worker'));
  await expect(put).rejects.toThrow('lost to another worker');
  server.fault = null;
  expect(await store.size(key)).toBeNull();
});

test('a link opens its one object without any key, in parts too, and expires', async () => {
  let clock = new Date();
  const server = await s3({ now: () => clock });
  const store = storeOf(server, { S3_LINK_HOURS: '2' });
  await store.prepare();
  await store.put(key, await localFile('the film', 'video/mp4'));
  const link = await store.link(key);
  if (link.kind !== 'url') throw new Error('expected an address');
  const answer = await fetch(link.url);
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    200,
    'video/mp4',
    'the film',
  ]);
  const part = await fetch(link.url, { headers: { range: 'bytes=4-7' } });
  expect([part.status, await part.text()]).toEqual([206, 'film']);
  expect((await fetch(link.url.replace('video.mp4', 'image.png'))).status).toBe(403);
  expect((await fetch(link.url.replace(/\?.*/, ''))).status).toBe(403);
  const expiresAt = link.expiresAt?.getTime() ?? 0;
  clock = new Date(expiresAt - 60_000);
  expect((await fetch(link.url)).status).toBe(200);
  clock = new Date(expiresAt + 1_000);
  expect((await fetch(link.url)).status).toBe(403);
});

test('with a public address links are of that, and never expire', async () => {
  const { store } = await prepared({ S3_PUBLIC_URL: 'https://media.example/v/' });
  expect(await store.link(key)).toEqual({ kind: 'url', url: `https://media.example/v/${key}`, expiresAt: null });
});

test('a bucket is made once, and the check then writes, reads and removes', async () => {
  const server = await s3();
  const store = storeOf(server);
  expect(await store.prepare()).toBe('made');
  expect(await store.prepare()).toBe('there');
  expect(server.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  await store.check();
  expect(server.requests.slice(-3).map(({ method }) => method)).toEqual(['PUT', 'GET', 'DELETE']);
});

test.for([
  [{}, /no bucket vidgenie .* vidgenie migrate, or correct S3_BUCKET/],
  [{ S3_ACCESS_KEY_ID: 'AKIAWRONG' }, /does not know S3_ACCESS_KEY_ID/],
  [{ S3_SECRET_ACCESS_KEY: 'wrong' }, /S3_SECRET_ACCESS_KEY does not belong to S3_ACCESS_KEY_ID/],
  [{ S3_REGION: 'eu-central-1' }, /not in the region eu-central-1: correct S3_REGION/],
] as const)('the check says what to do: %o', async ([over, sentence]) => {
  const server = await s3();
  const check = storeOf(server, over).check();
  await expect(check).rejects.toThrow(sentence);
  await expect(check).rejects.toMatchObject({ name: 'StorageError', isPassing: false });
});

test.for([
  [{ S3_ACCESS_KEY_ID: 'AKIAWRONG' }, /does not know S3_ACCESS_KEY_ID/],
  [{ S3_SECRET_ACCESS_KEY: 'wrong' }, /S3_SECRET_ACCESS_KEY does not belong to S3_ACCESS_KEY_ID/],
  [{ S3_REGION: 'eu-central-1' }, /not in the region eu-central-1: correct S3_REGION/],
] as const)('a bucket that cannot be looked at is not made, and what to do is said: %o', async ([over, sentence]) => {
  const server = await s3();
  await expect(storeOf(server, over).prepare()).rejects.toThrow(sentence);
  expect(server.requests.map(({ method }) => method)).not.toContain('PUT');
});

test('a server that is away or overloaded is asked again, and then named as something that may pass', async () => {
  const { server, store } = await prepared();
  const before = server.requests.length;
  server.fault = 503;
  await expect(store.size(key)).rejects.toMatchObject({ isPassing: true });
  expect(server.requests.length - before).toBe(4);
  const nobody = storeOf(server, { S3_ENDPOINT: await deserted() });
  await expect(nobody.check()).rejects.toThrow(/cannot be reached .* S3_ENDPOINT/);
  await expect(nobody.check()).rejects.toMatchObject({ isPassing: true });
});

const daysAfter = (days: number) => new Date(Date.UTC(2026, 0, 1 + days));
const { signal } = new AbortController();

test('of what was last written before then only strays are removed, and a server without broken uploads is left in peace', async () => {
  const { server, store } = await prepared();
  const [stray, kept, elsewhere] = ['runs/a/image.png', 'runs/b/image.png', 'elsewhere/image.png'];
  for (const one of [stray, kept, elsewhere]) await store.put(one, await localFile('x'));
  const asked: (readonly string[])[] = [];
  const straysAmong = async (keys: readonly string[]) => {
    asked.push(keys);
    return [stray];
  };
  const hourMs = 60 * 60_000;
  expect(await store.removeStrays({ before: new Date(Date.now() - hourMs), straysAmong, signal })).toBe(0);
  expect(asked).toEqual([]);
  expect(await store.removeStrays({ before: new Date(Date.now() + hourMs), straysAmong, signal })).toBe(1);
  expect(asked).toEqual([[stray, kept]]);
  expect(server.requests.at(-1)?.path).toMatch(/uploads/);
  expect(await Promise.all([stray, kept, elsewhere].map((one) => store.size(one)))).toEqual([null, 1, 1]);
});

/**
 * A server that lists objects page by page, as Amazon's documentation shows. s3rver cannot do that. Each request lands in
 * `asked`.
 */
async function listing(pages: { objects: string[]; uploads: string[] }) {
  const asked: string[] = [];
  const server = createServer(({ method, url = '' }, response) => {
    const { pathname, searchParams: query } = new URL(url, 'http://s3');
    asked.push(`${method} ${pathname} ${query.get('uploadId') ?? query.get('prefix') ?? ''}`);
    const answer = (status: number, xml: string) =>
      response.writeHead(status, { 'content-type': 'application/xml' }).end(xml);
    if (query.get('uploadId') === 'ended') return answer(404, '<Error><Code>NoSuchUpload</Code></Error>');
    if (method === 'DELETE') return answer(204, '');
    // The pages are those of runs. There is no cast.
    if (query.get('prefix') === 'cast/') return answer(200, '<Result></Result>');
    const list = query.has('uploads') ? pages.uploads : pages.objects;
    const number = Number(query.get('continuation-token') ?? query.get('upload-id-marker') ?? 0);
    const next = number + 1;
    const more = `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken><NextKeyMarker>${key}</NextKeyMarker><NextUploadIdMarker>${next}</NextUploadIdMarker>`;
    return answer(200, `<Result>${list[number]}${next < list.length ? more : ''}</Result>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close().closeAllConnections());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the S3 server has no port');
  return { asked, store: storeOf(await s3(), { S3_ENDPOINT: `http://127.0.0.1:${address.port}` }) };
}

test('all pages are looked through: for strays, and for uploads that were broken off before then', async () => {
  const object = (name: string, at: Date) =>
    `<Contents><Key>runs/${name}</Key><LastModified>${at.toISOString()}</LastModified></Contents>`;
  const upload = (id: string, at: Date) =>
    `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${at.toISOString()}</Initiated></Upload>`;
  const { asked, store } = await listing({
    objects: [
      object('1', daysAfter(0)) + object('2', daysAfter(2)),
      object('3', daysAfter(2)),
      object('4', daysAfter(0)),
    ],
    uploads: [upload('broken', daysAfter(0)) + upload('underway', daysAfter(2)), upload('ended', daysAfter(0))],
  });
  const pages: (readonly string[])[] = [];
  const straysAmong = async (keys: readonly string[]) => {
    pages.push(keys);
    return keys;
  };
  expect(await store.removeStrays({ before: daysAfter(1), straysAmong, signal })).toBe(4);
  expect(pages).toEqual([['runs/1'], ['runs/4']]);
  const [list, ofUpload] = ['GET /vidgenie/ runs/', `DELETE /vidgenie/${key}`];
  expect(asked).toEqual([
    ...[list, 'DELETE /vidgenie/runs/1 ', list, list, 'DELETE /vidgenie/runs/4 '],
    ...[list, `${ofUpload} broken`, list, `${ofUpload} ended`],
    ...['GET /vidgenie/ cast/', 'GET /vidgenie/ cast/'],
  ]);
});

test.for(['', '/etc/passwd', '../up', 'runs//x', 'runs/.hidden', 'a/b\0'])('refuses the key %j', async (bad) => {
  const store = storeOf(await s3());
  await expect(store.open(bad)).rejects.toThrow(StorageError);
  await expect(store.size(bad)).rejects.toThrow(StorageError);
  await expect(store.link(bad)).rejects.toThrow(StorageError);
  await expect(store.remove(bad)).rejects.toThrow(StorageError);
});
