import fc from 'fast-check';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { status } from '../../../src/bots/web/contract/programs.ts';
import { run } from '../../../src/bots/web/contract/run.ts';
import { rangeOf } from '../../../src/bots/web/range.ts';
import { readConfig } from '../../../src/config.ts';
import { runId } from '../../../src/domain.ts';
import { delivered, submitted } from '../../support/program.ts';
import { startS3 } from '../../support/s3/server.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { openWebServer, publicUrl } from '../../support/web/server.ts';

/** A finished run of a workspace, and its media as its admin sees them. */
async function finished() {
  const server = await openWebServer({ worker: true });
  const workspace = await server.workspace('mine');
  const token = await server.token(workspace, 'admin');
  const id = await submitted(server.program, { workspace });
  const view = await delivered(server.program, id);
  const [image, video] = run.parse((await server.ask('GET', `/api/workflows/${id}`, { token })).json()).media;
  if (!image || !video) throw new Error('there is no image or no video');
  return { server, workspace, token, view, image, video };
}

test('a link to a video plays by itself in whatever pieces a player asks for, and says what it is and no more', async () => {
  const { server, view, video } = await finished();
  const { ask } = server;
  const whole = await ask('GET', video.url);
  expect([whole.status, whole.bytes.length]).toEqual([200, video.bytes]);
  expect(whole.headers).toMatchObject({
    'content-type': 'video/mp4',
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'content-length': String(video.bytes),
  });
  const etag = String(whole.headers.etag);
  const piece = async (range: string, more: Record<string, string> = {}) => {
    const { status, headers, bytes } = await ask('GET', video.url, { headers: { range, ...more } });
    return [status, headers['content-range'], bytes.toString('hex')] as const;
  };
  const hex = (start: number, end?: number) => whole.bytes.subarray(start, end).toString('hex');
  const size = video.bytes;
  expect(await piece('bytes=0-1')).toEqual([206, `bytes 0-1/${size}`, hex(0, 2)]);
  expect(await piece('bytes=100-')).toEqual([206, `bytes 100-${size - 1}/${size}`, hex(100)]);
  expect(await piece('bytes=-7')).toEqual([206, `bytes ${size - 7}-${size - 1}/${size}`, hex(size - 7)]);
  expect(await piece(`bytes=5-${size * 9}`)).toEqual([206, `bytes 5-${size - 1}/${size}`, hex(5)]);
  expect(await piece(`bytes=${size}-`)).toEqual([416, `bytes */${size}`, '']);
  expect(await piece('bytes=0-1', { 'if-range': etag })).toEqual([206, `bytes 0-1/${size}`, hex(0, 2)]);
  expect(await piece('bytes=0-1', { 'if-range': '"another"' })).toEqual([200, undefined, hex(0)]);
  expect(await piece('bytes=0-1,4-5')).toEqual([200, undefined, hex(0)]);
  expect((await ask('GET', video.url, { headers: { 'if-none-match': etag } })).status).toBe(304);

  const head = await ask('HEAD', video.url);
  expect([head.status, head.headers['content-length'], head.bytes.length]).toEqual([200, String(size), 0]);
  const download = await ask('GET', video.downloadUrl);
  expect(String(download.headers['content-disposition'])).toMatch(/^attachment; filename="video-3-[0-9a-f]{8}\.mp4"$/);
  expect(view.run.state).toBe('succeeded');
});

test('a range is always a part of what there is', () => {
  const bound = fc.option(fc.nat({ max: 300 }), { nil: '' as const });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), bound, bound, fc.string(), (size, first, last, other) => {
      const ranges = [rangeOf(`bytes=${first}-${last}`, size), rangeOf(other, size), rangeOf(undefined, size)];
      for (const range of ranges) {
        if (range.outcome !== 'part') continue;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      }
      expect(ranges[2]).toEqual({ outcome: 'whole' });
    }),
  );
});

test('a thumbnail is small and upright, and the poster of a video is the picture that it began with', async () => {
  const { server, image, video } = await finished();
  expect(image.thumbnailUrl).toBe(video.thumbnailUrl);
  const small = await server.ask('GET', image.thumbnailUrl ?? '');
  expect(small.headers['content-type']).toBe('image/webp');
  const { format, width, height } = await sharp(small.bytes).metadata();
  expect([format, width, height]).toEqual(['webp', 64, 36]);
});

test('a link opens its own object, for its time, and nothing by another spelling', async () => {
  const { server, view, token, image, video } = await finished();
  const [path = '', query = ''] = video.url.split('?');
  const parameters = new URLSearchParams(query);
  const signature = parameters.get('signature') ?? '';
  const expires = parameters.get('expires') ?? '';
  const other = `runs/${view.run.id}/${image.url.split('/').at(-1)?.split('?')[0]}`;
  const bad = [
    path,
    `${path}?expires=${expires}`,
    `${path}?expires=${Number(expires) + 3_600}&signature=${signature}`,
    `${path}?expires=${expires}&signature=${signature.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))}`,
    `${path}?expires=${expires}&signature=`,
    `/media/${other}?${query}`,
  ];
  for (const one of bad) expect((await server.ask('GET', one)).status, one).toBe(401);

  const beyond = ['../keyring', '..%2fkeyring', '%2e%2e/keyring', '/etc/passwd', 'runs/../../keyring', '....//keyring'];
  const spelled = [
    ...beyond.map((end) => `/media/${end}`),
    ...beyond.map((end) => `/media/runs/${view.run.id}/${end}`),
    `/media/runs/${view.run.id}/image-00000000.png%00.mp4`,
    `/media/runs/${view.run.id}\\..\\..\\keyring`,
  ];
  // Some spellings are not valid addresses and are refused as such.
  const nothing = [400, 404];
  for (const one of spelled) expect(nothing, one).toContain((await server.ask('GET', one, { token })).status);
  await fc.assert(
    fc.asyncProperty(fc.webPath(), async (end) => {
      const { status } = await server.ask('GET', `/media${end.startsWith('/') ? end : `/${end}`}`, { token });
      expect(nothing).toContain(status);
    }),
    { numRuns: 100 },
  );
});

test('media belong to their workspace, and are gone when their run is deleted, its links included', async () => {
  const { server, workspace, token, view, image } = await finished();
  const path = image.url.split('?')[0] ?? '';
  const stranger = await server.token(await server.workspace('theirs'), 'operator');
  expect((await server.ask('GET', path, { token })).status).toBe(200);
  expect((await server.ask('GET', path, { token: stranger })).status).toBe(404);
  expect((await server.ask('GET', image.thumbnailUrl ?? '')).status).toBe(200);

  const stays = await submitted(server.program, { workspace, workflow: 'image' });
  await delivered(server.program, stays);
  expect((await server.ask('DELETE', `/api/workflows/${view.run.id}`, { token })).status).toBe(200);
  for (const url of [image.url, image.thumbnailUrl ?? '', image.downloadUrl]) {
    expect((await server.ask('GET', url)).status).toBe(404);
  }
  const after = (await server.ask('GET', `/api/workflow/status/${view.run.id}`, { token })).json();
  expect(JSON.stringify(after)).not.toContain('/media/');
  expect(runId.parse(stays)).toBe(stays);
});

test('media in a bucket that nobody outside may reach come through this server, for programs as for the page', async () => {
  const bucket = await startS3(await temporaryDirectory());
  onTestFinished(bucket.close);
  const { s3 } = readConfig(bucket.environment);
  if (!s3) throw new Error('the configuration names no bucket');
  const server = await openWebServer({ worker: true, s3 });
  await server.program.services.store.prepare();
  const workspace = await server.workspace('mine');
  const token = await server.token(workspace, 'admin');
  const id = await submitted(server.program, { workspace, workflow: 'image' });
  await delivered(server.program, id);
  const { result } = status.parse((await server.ask('GET', `/api/workflow/status/${id}`, { token })).json());
  const { origin, pathname, search } = new URL(result?.imageUrl ?? '');
  expect(origin).toBe(publicUrl);
  const { bytes: direct } = await server.ask('GET', pathname + search);
  expect((await sharp(direct).metadata()).format).toBe('png');
  const [image] = run.parse((await server.ask('GET', `/api/workflows/${id}`, { token })).json()).media;
  const through = await server.ask('GET', image?.url ?? '');
  expect(through.bytes.equals(direct)).toBe(true);
  const piece = await server.ask('GET', image?.url ?? '', { headers: { range: 'bytes=8-15' } });
  expect([piece.status, piece.bytes.equals(direct.subarray(8, 16))]).toEqual([206, true]);
});
