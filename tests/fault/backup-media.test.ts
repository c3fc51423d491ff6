import { copyFile, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openBucket } from '../../src/backup/bucket.ts';
import { collected, once, type Place } from '../../src/backup/place.ts';
import { createTarFile, openTarFile } from '../../src/backup/tarFile.ts';
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
