import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, copyFile, open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { BackupError } from '../../src/backup/error.ts';
import { withNameLock } from '../../src/backup/nameLock.ts';
import { createTarFile, openTarFile } from '../../src/backup/tarFile.ts';
import { workspaces } from '../../src/db/schema.ts';
import { workspaceId } from '../../src/domain.ts';
import { createFileStore } from '../../src/pipeline/media/files.ts';
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
import { createEmptyDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, submitted } from '../support/program.ts';
import { startS3 } from '../support/s3/server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const passphrase = 'correct horse battery staple';

/** Two backups of the same installation in the same folder, and the names of their contents. */
async function twoBackups(secret: string | null) {
  const used = await createUsedInstallation();
  const folder = await temporaryDirectory();
  const of = { url: used.database.url, media: createFileStore(join(used.home, 'media')), passphrase: secret };
  const [one, other] = [join(folder, 'one.tar'), join(folder, 'other.tar')];
  const { place, names } = recording(await createTarFile(one));
  await taken({ ...of, place });
  await place.close();
  await takenInto(other, of);
  return { used, folder, one, other, names };
}

test.each([null, passphrase])('a changed bit in any content is found (passphrase: %s)', async (secret) => {
  const { folder, one, names } = await twoBackups(secret);
  await readAll(one, secret);
  const changed = join(folder, 'changed.tar');
  const unnoticed: string[] = [];
  // The settings are for people. A restore takes them from the manifest.
  const read = names.filter((name) => name !== 'settings.env');
  // A passphrase takes its time. Encrypted contents are all read in the same way.
  const chosen = secret === null ? read : read.filter((name) => /\.json|runs\/|media-list/.test(name));
  for (const name of chosen) {
    await copyFile(one, changed);
    const file = await open(changed, 'r+');
    const [at, bytes] = [await positionOf(one, name), Buffer.alloc(1)];
    const place = await openTarFile(one);
    const middle = at + Math.floor(((await place.size(name)) ?? 0) / 2);
    await place.close();
    await file.read(bytes, 0, 1, middle);
    await file.write(Buffer.from([(bytes[0] ?? 0) ^ 1]), 0, 1, middle);
    await file.close();
    const told = await readAll(changed, secret).then(
      () => null,
      (error: unknown) => error,
    );
    if (!(told instanceof BackupError)) unnoticed.push(`${name}: ${told}`);
  }
  expect(unnoticed).toEqual([]);
  expect(names.length).toBeGreaterThan(20);
});

test('a backup without its end is not complete, wherever it breaks off', async () => {
  const { folder, one, names } = await twoBackups(null);
  const cut = join(folder, 'cut.tar');
  const { size } = await stat(one);
  const lengths = [0, 100, 512, Math.floor(size / 2), size - 4_096];
  const ends = [...lengths, await positionOf(one, 'manifest.json')];
  expect(names.at(-1)).toBe('manifest.json');
  for (const end of ends) {
    await copyFile(one, cut);
    await truncate(cut, end);
    await expect(readAll(cut)).rejects.toThrow(BackupError);
  }
});

test('parts that changed places, come from another backup, or lack their end do not open', async () => {
  const { folder, one, other, names } = await twoBackups(passphrase);
  const table = 'database/runs/000001.zst';
  const [from, to] = [await openTarFile(other), await openTarFile(one)];
  const piece = async (place: typeof from, name: string) => {
    const pieces: Buffer[] = [];
    for await (const each of place.read(name)) pieces.push(each);
    return Buffer.concat(pieces);
  };
  const media = names.filter((name) => name.startsWith('media/'));
  const swaps = {
    'another backup': [table, await piece(from, table)],
    'another name': [table, await piece(to, 'database/steps/000001.zst')],
    'another object': [media[0] ?? '', await piece(to, media[1] ?? '')],
    'without its end': [media[0] ?? '', (await piece(to, media[0] ?? '')).subarray(0, 16 + 64)],
    'without its last chunk': [media[1] ?? '', (await piece(to, media[1] ?? '')).subarray(0, -16)],
    'the manifest of another': ['manifest.json', await piece(from, 'manifest.json')],
  } as const;
  await Promise.all([from.close(), to.close()]);
  for (const [what, [name, content]] of Object.entries(swaps)) {
    const changed = join(folder, `${what}.tar`);
    await copyFile(one, `${changed}.partial`);
    const place = await createTarFile(changed);
    await place.write(
      name,
      content.length,
      (async function* () {
        yield content;
      })(),
    );
    await place.finish();
    await place.close();
    await expect(readAll(changed, passphrase), what).rejects.toThrow(BackupError);
  }
  await expect(readAll(one, `${passphrase}!`)).rejects.toThrow('The passphrase does not open this backup.');
  await expect(readAll(one, null)).rejects.toThrow('The backup is encrypted');
  const content = await readFile(one, 'latin1');
  expect(content).not.toContain('a fox in the snow');
});

test('a backup and a restore that are killed among the media go on where they were, on S3 and from S3', async () => {
  const used = await createUsedInstallation();
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);
  await createBucket(s3.environment, used);
  const passphraseFile = join(await temporaryDirectory(), 'passphrase');
  await writeFile(passphraseFile, `${passphrase}\n`);
  const base = { PATH: process.env.PATH, HOME: process.env.HOME, VIDGENIE_KEYRING: process.env.TEST_KEYRING };
  const backupsAt = {
    BACKUP_S3_ENDPOINT: s3.endpoint,
    BACKUP_S3_ACCESS_KEY_ID: s3.environment.S3_ACCESS_KEY_ID,
    BACKUP_S3_SECRET_ACCESS_KEY: s3.environment.S3_SECRET_ACCESS_KEY,
    BACKUP_PASSPHRASE_FILE: passphraseFile,
  };
  const from = { ...base, ...backupsAt, VIDGENIE_HOME: used.home, DATABASE_URL: used.database.url };
  const target = 's3://vidgenie/daily/1';
  const isMedia = /\/daily\/1\/media\//;

  // The second object makes the first one complete.
  const second = s3.arrival(/\/daily\/1\/media\/.*mp4/);
  const killed = vidgenie(['backup', target], from);
  await second;
  killed.child.kill('SIGSTOP');
  const beside = vidgenie(['backup', target], from);
  expect(await beside.exit).toBe(1);
  expect(beside.stderr()).toContain(`Another backup to ${target} is under way`);
  killed.child.kill('SIGKILL');
  await killed.exit;
  const unfinished = vidgenie(['restore', target, '--rehearse'], from);
  expect(await unfinished.exit).toBe(1);
  expect(unfinished.stderr()).toContain('is not complete');
  const putsBefore = s3.requests.length;
  const resumed = vidgenie(['backup', target], from);
  expect({ status: await resumed.exit, stderr: resumed.stderr() }).toMatchObject({ status: 0 });
  const puts = s3.requests
    .slice(putsBefore)
    .filter(({ method, path }) => /PUT|POST/.test(method) && isMedia.test(path));
  expect(puts.some(({ path }) => path.includes('.png'))).toBe(false);

  const fresh = await createInstallation(await createEmptyDatabase());
  const into = { ...base, ...backupsAt, VIDGENIE_HOME: fresh.home, DATABASE_URL: fresh.database.url };
  const reading = s3.arrival(/\/daily\/1\/media\/.*mp4/);
  const broken = vidgenie(['restore', target], into);
  await reading;
  broken.child.kill('SIGKILL');
  await broken.exit;
  const readsBefore = s3.requests.length;
  const restored = vidgenie(['restore', target], into);
  expect({ status: await restored.exit, stderr: restored.stderr() }).toMatchObject({ status: 0 });
  const reads = s3.requests.slice(readsBefore).filter(({ method, path }) => method === 'GET' && isMedia.test(path));
  expect(reads.some(({ path }) => path.includes('.png'))).toBe(false);
  expect(await memberKeyOf(fresh.database, used.slot)).toBe(memberKey);
});

test('a restore that fails leaves the database empty, whether the backup is damaged or the keyring is another one', async () => {
  const { used, folder, one } = await twoBackups(null);
  const damaged = join(folder, 'damaged.tar');
  await copyFile(one, damaged);
  const file = await open(damaged, 'r+');
  await file.write('?', (await positionOf(one, 'database/workspaces/000001.zst')) + 40);
  await file.close();
  const fresh = await createInstallation(await createEmptyDatabase());
  await expect(restoredInto(fresh, damaged)).rejects.toThrow(/damaged: .*workspaces/);
  const base = { PATH: process.env.PATH, VIDGENIE_HOME: fresh.home, DATABASE_URL: fresh.database.url };
  const other = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
  const wrong = vidgenie(['restore', one], { ...base, VIDGENIE_KEYRING: other });
  expect(await wrong.exit).toBe(1);
  expect(wrong.stderr()).toContain('With --without-keyring everything else comes back');
  expect(await fresh.database.db.select().from(workspaces)).toEqual([]);
  expect(await restoredInto(fresh, one)).toMatchObject({ openedKeys: 1, violations: [] });
  expect(await memberKeyOf(fresh.database, used.slot)).toBe(memberKey);
});

const gone = (): never => {
  throw new Error('the machine is gone');
};

test('a repeated restore goes on with rows of its own backup, and refuses those of anybody else', async () => {
  const { used, one, other } = await twoBackups(null);
  const shared = await createInstallation(await createEmptyDatabase());
  const among = { onStep: ({ phase }: { phase: string }) => (phase === 'database' ? gone() : undefined) };
  await expect(restoredInto(shared, one, among)).rejects.toThrow('the machine is gone');
  await createWorkspace(shared.database, 10, 'terminal:somebody');
  await expect(restoredInto(shared, one)).rejects.toThrow('The database is not empty');
  const there = await shared.database.db.select().from(workspaces);
  expect(there.map(({ id }) => id)).toEqual(['terminal:somebody']);

  // The rows are committed, and the machine stops before the rest is done.
  const fresh = await createInstallation(await createEmptyDatabase());
  await expect(restoredInto(fresh, one, { finish: async () => gone() })).rejects.toThrow('the machine is gone');
  await expect(restoredInto(fresh, other)).rejects.toThrow('The database is not empty');
  await expect(fresh.open({ worker: false })).rejects.toThrow('give "vidgenie restore" again');
  // Another home has no note of it, and a process with that home may have begun to work.
  const somebody = { id: workspaceId.parse('terminal:somebody'), platform: 'terminal', name: 'somebody' } as const;
  await fresh.database.db.insert(workspaces).values(somebody);
  await expect(restoredInto(fresh, one)).rejects.toThrow(
    /not empty: .* was used since \(the table workspaces has 2 rows/,
  );
  await fresh.database.db.delete(workspaces).where(eq(workspaces.id, somebody.id));
  expect(await restoredInto(fresh, one)).toMatchObject({ openedKeys: 1, violations: [] });
  expect(await memberKeyOf(fresh.database, used.slot)).toBe(memberKey);
  await expect(restoredInto(fresh, one)).rejects.toThrow('The database is not empty');
  await fresh.open({ worker: false });
});

test('a file whose backup broke off keeps its media, and its rows are taken anew', async () => {
  const used = await createUsedInstallation();
  const file = join(await temporaryDirectory(), 'backup.tar');
  const of = { url: used.database.url, media: createFileStore(join(used.home, 'media')) };
  const first = await createTarFile(file);
  const failing = recording({
    ...first,
    write: async (name, bytes, content) => {
      if (name.endsWith('.mp4')) throw new Error('the machine is gone');
      await first.write(name, bytes, content);
    },
  });
  await expect(taken({ ...of, place: failing.place })).rejects.toThrow('the machine is gone');
  await first.close();
  // A write that was under way left half a content.
  await appendFile(`${file}.partial`, (await readFile(`${file}.partial`)).subarray(0, 700));
  await expect(readAll(file)).rejects.toThrow('is not complete');
  const bot = await used.open({ worker: false });
  await submitted(bot);
  const second = recording(await createTarFile(file));
  await taken({ ...of, place: second.place });
  await second.place.close();
  expect(second.names.filter((name) => name.startsWith('media/'))).toEqual([expect.stringMatching(/mp4$/)]);
  const { manifest } = await readAll(file);
  expect(manifest.tables.find(({ name }) => name === 'runs')?.rows).toBe(3);
  // Any program reads it.
  const listed = spawnSync('tar', ['-tf', file], { encoding: 'utf8' });
  expect(listed.stderr).toBe('');
  expect(listed.stdout.split('\n')).toContain('manifest.json');
});

test.each(['settings.env', 'manifest.json'])(
  'a backup that loses the lock on its name ends without becoming complete (at %s)',
  async (at) => {
    const used = await createUsedInstallation();
    const { db, url } = used.database;
    const name = join(await temporaryDirectory(), 'backup.tar');
    const { place, names } = recording(await createTarFile(name));
    onTestFinished(place.close);
    const { signal: stopped } = new AbortController();
    const locked = withNameLock(url, { name, signal: stopped }, (signal) => {
      const write: typeof place.write = async (content, ...rest) => {
        await place.write(content, ...rest);
        if (content !== at) return;
        const isLost = once(signal, 'abort');
        await db.execute(sql`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7431004
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
        await isLost;
      };
      const media = createFileStore(join(used.home, 'media'));
      return taken({ url, media, place: { ...place, write }, signal });
    });
    await expect(locked).rejects.toThrow('another backup to it may have begun: give the command again');
    // A content that has begun is not written, and no later one is.
    expect(names.indexOf(at)).toBeGreaterThanOrEqual(names.length - 2);
    await expect(readAll(name)).rejects.toThrow('is not complete');
  },
);

async function createBucket(
  environment: Record<string, string>,
  { database, home }: { database: { url: string }; home: string },
) {
  const { openStore } = await import('../../src/program.ts');
  const { testConfig } = await import('../support/config.ts');
  await openStore({ s3: testConfig(database.url, home, environment).s3, home }).prepare();
}
