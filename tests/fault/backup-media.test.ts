import { randomBytes } from 'node:crypto';
import { copyFile, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openBucket } from '../../src/backup/bucket.ts';
import { plainCodec } from '../../src/backup/encryption.ts';
import { partsFrom, writeParts } from '../../src/backup/parts.ts';
import { collected, once, type Place } from '../../src/backup/place.ts';
import { createTally } from '../../src/backup/tally.ts';
import { createTarFile, openTarFile, readable } from '../../src/backup/tarFile.ts';
import { readConfig } from '../../src/config.ts';
import { loadRun } from '../../src/db/runs.ts';
import { runId } from '../../src/domain.ts';
import { createFileStore } from '../../src/pipeline/media/files.ts';
import { createS3Store } from '../../src/pipeline/media/s3.ts';
import {
  createUsedInstallation,
  memberKey,
  memberKeyOf,
  positionOf,
  readAll,
  recording,
  restoredInto,
  taken,
  takenInto,
} from '../support/backups.ts';
import { vidgenie } from '../support/command-line.ts';
import { testConfig } from '../support/config.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { createInstallation } from '../support/program.ts';
import { startS3 } from '../support/s3/server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const passphrase = 'correct horse battery staple';

const gone = (): never => {
  throw new Error('the machine is gone');
};

test('a damaged or an absent object is left out of a restore and told, and everything else comes back', async () => {
  const used = await createUsedInstallation();
  const folder = await temporaryDirectory();
  const one = join(folder, 'one.tar');
  const { place, names } = recording(await createTarFile(one));
  await taken({ url: used.database.url, media: createFileStore(join(used.home, 'media')), place });
  await place.close();
  const [image = '', video = ''] = names.flatMap((name) => (name.startsWith('media/') ? [name.slice(6)] : []));
  /** The backup with its contents changed. Null: the content is left out. */
  const copied = async (path: string, change: (name: string, content: Buffer) => Buffer | null) => {
    const [from, to] = [await openTarFile(one), await createTarFile(path)];
    for (const name of names) {
      const content = change(name, await collected(from.read(name)));
      if (content) await to.write(name, content.length, once(content));
    }
    await to.finish();
    await Promise.all([from.close(), to.close()]);
  };
  const [damaged, absent] = [join(folder, 'damaged.tar'), join(folder, 'absent.tar')];
  await copied(damaged, (name, content) => (name === `media/${image}` ? Buffer.alloc(content.length) : content));
  await copied(absent, (name, content) => (name === `media/${video}` ? null : content));

  const first = await createInstallation(await createEmptyDatabase());
  expect(await restoredInto(first, damaged)).toMatchObject({ objects: 1, lost: [image], violations: [] });
  const media = createFileStore(join(first.home, 'media'));
  expect([await media.size(image), await media.size(video)]).toEqual([null, expect.any(Number)]);

  const fresh = await createInstallation(await createEmptyDatabase());
  const environment = {
    PATH: process.env.PATH,
    VIDGENIE_HOME: fresh.home,
    DATABASE_URL: fresh.database.url,
    VIDGENIE_KEYRING: process.env.TEST_KEYRING,
  };
  const restored = vidgenie(['restore', absent], environment);
  expect(await restored.exit).toBe(1);
  expect(restored.stdout()).toContain('and 1 object. They are what was saved.');
  expect(restored.stderr()).toContain('Everything else is restored.');
  expect(restored.stderr()).toContain(video);
  expect(restored.stderr()).not.toContain(image);
  expect(await memberKeyOf(fresh.database, used.slot)).toBe(memberKey);
  await fresh.open({ worker: false });
});

test('a backup in a bucket knows a damaged object, wherever it was killed', async () => {
  const used = await createUsedInstallation();
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);
  const { s3: settings } = testConfig(used.database.url, used.home, s3.environment);
  if (!settings) throw new Error('there is no S3');
  await createS3Store(settings).prepare();
  const media = createFileStore(join(used.home, 'media'));
  const into = (prefix: string, over: (place: Place) => Partial<Place> = () => ({})) => {
    const place = openBucket(settings, prefix);
    onTestFinished(place.close);
    return taken({ url: used.database.url, media, place: { ...place, ...over(place) } });
  };
  const view = await loadRun(used.database.db, runId.parse(used.finished));
  const image = view?.assets.find(({ kind }) => kind === 'image')?.objectKey ?? '';
  const file = join(used.home, 'media', image);
  const good = await readFile(file);
  await writeFile(file, Buffer.alloc(good.length));

  const isMark = (name: string) => name === `damaged/${image}`;
  const before = into('before', ({ write }) => ({
    write: async (name, ...rest) => (isMark(name) ? gone() : await write(name, ...rest)),
  }));
  await expect(before).rejects.toThrow('the machine is gone');
  expect((await into('before')).media).toMatchObject({ damaged: [image], missing: [] });

  // The mark is there, the machine stops, and somebody mends the store.
  const after = into('after', ({ write }) => ({
    write: async (name, ...rest) => {
      await write(name, ...rest);
      if (isMark(name)) gone();
    },
  }));
  await expect(after).rejects.toThrow('the machine is gone');
  await writeFile(file, good);
  const late = into('after', ({ write }) => ({
    write: async (name, ...rest) => (name === 'manifest.json' ? gone() : await write(name, ...rest)),
  }));
  await expect(late).rejects.toThrow('the machine is gone');
  expect((await into('after')).media).toMatchObject({ damaged: [], missing: [] });
});

test('an object that a power cut left without its bytes is copied again when the backup goes on', async () => {
  const used = await createUsedInstallation();
  const folder = await temporaryDirectory();
  const of = { url: used.database.url, media: createFileStore(join(used.home, 'media')) };
  for (const secret of [null, passphrase]) {
    const kind = secret === null ? 'plain' : 'encrypted';
    const [whole, again] = [join(folder, `${kind}.tar`), join(folder, `${kind}-again.tar`)];
    const written = recording(await createTarFile(whole));
    await taken({ ...of, place: written.place, passphrase: secret });
    await written.place.close();
    const [lost = '', kept = ''] = written.names.filter((name) => name.startsWith('media/'));
    // The machine stopped before the file got its name. Blocks that were not on the disk are zeros.
    await copyFile(whole, `${again}.partial`);
    const file = await open(`${again}.partial`, 'r+');
    await file.write(Buffer.alloc(400), 0, 400, await positionOf(whole, lost));
    await file.close();
    const resumed = recording(await createTarFile(again));
    await taken({ ...of, place: resumed.place, passphrase: secret });
    await resumed.place.close();
    expect(resumed.names).toContain(lost);
    expect(resumed.names).not.toContain(kept);
    await readAll(again, secret);
  }
  const broken = join(folder, 'broken.tar');
  await copyFile(join(folder, 'plain.tar'), `${broken}.partial`);
  const file = await open(`${broken}.partial`, 'r+');
  await file.write(Buffer.alloc(100), 0, 100, await positionOf(`${broken}.partial`, 'backup.json'));
  await file.close();
  await expect(takenInto(broken, of)).rejects.toThrow(
    /broken\.tar cannot be read, because its backup\.json is damaged .*: choose another name/,
  );
});

test('nothing of a bucket stays open while a list is read slowly: S3 ends a connection from which nobody reads', async () => {
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);
  const { s3: settings } = readConfig(s3.environment);
  if (!settings) throw new Error('there is no S3');
  await createS3Store(settings).prepare();
  const bucket = openBucket(settings, 'slow');
  onTestFinished(bucket.close);
  const written = await writeParts({ place: bucket, codec: plainCodec }, 'list', async (to) => {
    const tally = createTally();
    // Random bytes do not become fewer, so they do not fit into the buffers between the bucket and the reader.
    await pipeline(Readable.from([randomBytes(4_000_000)]), tally.stream, to);
    return tally.result();
  });
  const { promise: isRead, resolve: told } = Promise.withResolvers<void>();
  const read: Place['read'] = async function* (name) {
    yield* bucket.read(name);
    told();
  };
  const list = new PassThrough();
  const sent = partsFrom(
    { place: { ...bucket, read }, codec: plainCodec },
    { base: 'list', parts: written.parts },
    list,
  );
  await isRead;
  expect(list.readableLength).toBeLessThan(4_000_000);
  list.resume();
  expect((await sent).sha256).toBe(written.sha256);
});

test('a damaged head in a file costs only its own content, and a file that lost its end says so', async () => {
  const used = await createUsedInstallation();
  const folder = await temporaryDirectory();
  const file = join(folder, 'backup.tar');
  const { place, names } = recording(await createTarFile(file));
  await taken({ url: used.database.url, media: createFileStore(join(used.home, 'media')), place });
  await place.close();
  const [first = '', second = ''] = names.filter((name) => name.startsWith('media/'));
  const changed = await open(file, 'r+');
  await changed.write(Buffer.alloc(512), 0, 512, (await positionOf(file, first)) - 512);
  await changed.close();
  const fresh = await createInstallation(await createEmptyDatabase());
  expect(await restoredInto(fresh, file)).toMatchObject({ objects: 1, lost: [first.slice(6)], violations: [] });
  expect(await createFileStore(join(fresh.home, 'media')).size(second.slice(6))).toBeGreaterThan(0);

  await truncate(file, await positionOf(file, 'manifest.json'));
  await expect(readAll(file)).rejects.toThrow('has lost its end: copy it again');
  await truncate(file, 100);
  await expect(readAll(file)).rejects.toThrow(`There is no backup in ${file}`);
});

test('a content that its disk cannot read is damaged, and another failure of the disk is told as it is', async () => {
  const failing = async function* (code: string) {
    yield Buffer.from('a');
    throw Object.assign(new Error(`${code}: read`), { code });
  };
  await expect(collected(readable('media/a', failing('EIO')))).rejects.toThrow(
    'The backup is damaged: the disk cannot read media/a.',
  );
  await expect(collected(readable('media/a', failing('ESTALE')))).rejects.toThrow('ESTALE: read');
});

test('a restore reads back what the store was given, and leaves an interrupted one of another backup alone', async () => {
  const used = await createUsedInstallation();
  const file = join(await temporaryDirectory(), 'backup.tar');
  const media = createFileStore(join(used.home, 'media'));
  await takenInto(file, { url: used.database.url, media });
  const fresh = await createInstallation(await createEmptyDatabase());
  const store = createFileStore(join(fresh.home, 'media'));
  const put: typeof store.put = async (key, content, signal) => {
    await store.put(key, content, signal);
    await writeFile(join(fresh.home, 'media', key), Buffer.alloc(content.bytes));
  };
  await expect(restoredInto(fresh, file, { media: { ...store, put } })).rejects.toThrow('does not give back runs/');

  const other = join(await temporaryDirectory(), 'other.tar');
  await takenInto(other, { url: used.database.url, media });
  const { manifest } = await readAll(file);
  await expect(restoredInto(fresh, other)).rejects.toThrow(
    `the restore of another backup (its id is ${manifest.id}) was interrupted here`,
  );
  // An object of the right size with another content is put again.
  expect(await restoredInto(fresh, file)).toMatchObject({ objects: 2, lost: [], violations: [] });
  const view = await loadRun(fresh.database.db, runId.parse(used.finished));
  for (const { objectKey } of view?.assets ?? [])
    expect(await store.read(objectKey)).toEqual(await media.read(objectKey));
});
