import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFileStore } from '../../../../src/pipeline/media/files.ts';
import { StorageError } from '../../../../src/pipeline/media/store.ts';

const key = 'runs/8e0f2f0e-2c4a-4a5e-9f6e-0d7a3f1b2c3d/video.mp4';
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vidgenie-files-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function localFile(content: string) {
  const path = join(directory, 'incoming');
  await writeFile(path, content);
  return { path, mime: 'video/mp4', bytes: Buffer.byteLength(content) };
}

describe('the file store', () => {
  it('gives back what was put, and overwrites a key that is put again', async () => {
    const store = createFileStore(join(directory, 'media'));
    await store.put(key, await localFile('first'));
    await store.put(key, await localFile('the second'));
    expect(await text(await store.open(key))).toBe('the second');
    expect(await store.size(key)).toBe(10);
    expect(await store.link(key)).toEqual({ kind: 'file', path: join(directory, 'media', key) });
    await store.remove(key);
    await store.remove(key);
    expect(await store.size(key)).toBeNull();
    await expect(store.open(key)).rejects.toThrow(StorageError);
  });

  it('keeps what members gave from every other user of the machine, whatever mode it came with', async () => {
    const home = join(directory, 'private');
    const given = await localFile('a face');
    await chmod(given.path, 0o644);
    await createFileStore(home).put(key, given);
    const modes = await Promise.all(
      ['', 'runs', dirname(key), key].map(async (path) => (await stat(join(home, path))).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600]);
  });

  it('copies a file that lies on another file system, and leaves nothing behind', async () => {
    // Linux keeps /dev/shm in memory, so it is always another file system than the temporary directory.
    const elsewhere = await mkdtemp('/dev/shm/vidgenie-').catch(() => mkdtemp(join(tmpdir(), 'vidgenie-')));
    try {
      const path = join(elsewhere, 'video');
      await writeFile(path, 'from afar');
      const store = createFileStore(join(directory, 'afar'));
      await store.put(key, { path, mime: 'video/mp4', bytes: 9 });
      expect(await text(await store.open(key))).toBe('from afar');
      expect(await readdir(join(directory, 'afar', key, '..'))).toEqual(['video.mp4']);
      expect(await readdir(elsewhere)).toEqual([]);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it('keeps the old object when a put fails, and no partial file', async () => {
    const store = createFileStore(join(directory, 'kept'));
    await store.put(key, await localFile('whole'));
    const lying = { ...(await localFile('cut off')), bytes: 700 };
    await expect(store.put(key, lying)).rejects.toThrow('7 bytes where 700');
    const aborted = AbortSignal.abort(new Error('lost to another worker'));
    await expect(store.put(key, await localFile('late'), aborted)).rejects.toThrow('lost to another worker');
    expect(await text(await store.open(key))).toBe('whole');
    expect(await readdir(join(directory, 'kept', key, '..'))).toEqual(['video.mp4']);
  });

  it('removes of what was last written before then only what is a stray, page by page, and what broken puts have left', async () => {
    const root = join(directory, 'strays');
    const store = createFileStore(root);
    const old = new Date(Date.now() - 2_000);
    const before = new Date(Date.now() - 1_000);
    const search = { before, signal: new AbortController().signal };
    // Before the first object there is no folder to search.
    expect(await store.removeStrays({ ...search, straysAmong: () => Promise.reject(new Error('asked')) })).toBe(0);
    const write = async (key: string, at?: Date) => {
      await mkdir(join(root, key, '..'), { recursive: true });
      await writeFile(join(root, key), 'x');
      if (at) await utimes(join(root, key), at, at);
    };
    const many = Array.from({ length: 1_001 }, (_, index) => `runs/${index}/image.png`);
    for (const key of many) await write(key, old);
    // Images of the cast are looked through as well.
    many.push('cast/7/1.png');
    for (const key of ['cast/7/1.png', 'runs/7/.video.mp4.0a1b.part', 'elsewhere/7/image.png']) await write(key, old);
    for (const key of ['runs/7/video.mp4', 'runs/7/.image.png.0a1b.part']) await write(key);
    const asked: (readonly string[])[] = [];
    const straysAmong = async (keys: readonly string[]) => {
      asked.push(keys);
      return keys.filter(
        (one) => one === 'cast/7/1.png' || one === 'runs/7/image.png' || one === 'runs/1000/image.png',
      );
    };
    expect(await store.removeStrays({ ...search, straysAmong })).toBe(4);
    expect(asked.map(({ length }) => length)).toEqual([1_000, 2]);
    expect(asked.flat().sort()).toEqual(many.sort());
    expect((await readdir(join(root, 'runs/7'))).sort()).toEqual(['.image.png.0a1b.part', 'video.mp4']);
    expect(await readdir(join(root, 'runs/1000'))).toEqual([]);
    expect(await store.size('elsewhere/7/image.png')).toBe(1);
  });

  it.each(['', '/etc/passwd', '../up', 'runs/../../up', 'runs//x', 'runs/.hidden', 'runs\\x', 'a/b\0', 'runs/x/'])(
    'refuses the key %j',
    async (bad) => {
      const store = createFileStore(join(directory, 'keys'));
      await expect(store.put(bad, await localFile('x'))).rejects.toThrow(StorageError);
      await expect(store.open(bad)).rejects.toThrow(StorageError);
      await expect(store.size(bad)).rejects.toThrow(StorageError);
      await expect(store.remove(bad)).rejects.toThrow(StorageError);
      await expect(store.link(bad)).rejects.toThrow(StorageError);
    },
  );

  it('proves by a check that the directory works, creating it, and leaves no trace', async () => {
    const root = join(directory, 'deep', 'media');
    await createFileStore(root).check();
    expect((await stat(root)).isDirectory()).toBe(true);
    expect(await readdir(root)).toEqual([]);
  });

  it('tells the operator in a sentence what stands in the way', async () => {
    await writeFile(join(directory, 'a-file'), 'not a folder');
    const check = createFileStore(join(directory, 'a-file', 'media')).check();
    await expect(check).rejects.toThrow(/A file stands where the media directory should be/);
    const cause = await check.catch((error: unknown) => (error instanceof Error ? error.cause : null));
    expect(cause).toMatchObject({ code: 'ENOTDIR' });
  });

  it('says so when the directory may not be written', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may write everywhere');
    const root = join(directory, 'locked');
    await mkdir(root);
    await chmod(root, 0o500);
    await expect(createFileStore(root).check()).rejects.toThrow(/may not be written/);
  });

  it('leaves the content untouched', async () => {
    const store = createFileStore(join(directory, 'bytes'));
    const content = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7919) % 256));
    const path = join(directory, 'binary');
    await writeFile(path, content);
    await store.put('runs/a/image.png', { path, mime: 'image/png', bytes: content.length });
    const link = await store.link('runs/a/image.png');
    expect(link.kind === 'file' && (await readFile(link.path)).equals(content)).toBe(true);
  });
});
