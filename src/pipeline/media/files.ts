import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type MediaStore, requireMediaKey, StorageError } from './store.ts';
import { removeStrayFiles } from './strayFiles.ts';

/** Stores media as plain files below `directory`, which it creates when first needed. */
export function createFileStore(directory: string): MediaStore {
  const root = resolve(directory);

  const pathOf = (key: string) => {
    requireMediaKey(key);
    return join(root, ...key.split('/'));
  };

  return {
    put: async (key, file, signal) => {
      const target = pathOf(key);
      await explained(root, async () => {
        signal?.throwIfAborted();
        await mkdir(dirname(target), privateFolder);
        await moveDurably(file, target, signal);
      });
    },
    open: async (key) => {
      const path = pathOf(key);
      return explained(root, async () => {
        const handle = await open(path, 'r');
        return createReadStream(path, { fd: handle });
      });
    },
    read: async (key) => {
      const path = pathOf(key);
      return await explained(root, () => readFile(path));
    },
    size: async (key) => {
      const path = pathOf(key);
      return explained(root, async () => {
        const found = await stat(path).catch(nullWhenMissing);
        return found?.isFile() ? found.size : null;
      });
    },
    link: async (key) => ({ kind: 'file', path: pathOf(key) }),
    remove: async (key) => {
      const path = pathOf(key);
      await explained(root, () => rm(path, { force: true }));
    },
    removeStrays: (search) => explained(root, () => removeStrayFiles(root, search)),
    prepare: async () => {
      const made = await explained(root, () => mkdir(root, privateFolder));
      return made === undefined ? 'there' : 'made';
    },
    check: async () => {
      await explained(root, async () => {
        const path = join(root, `.check-${randomUUID()}`);
        await mkdir(root, privateFolder);
        try {
          await writeFile(path, 'VidGenie');
          if ((await readFile(path, 'utf8')) !== 'VidGenie') {
            throw new StorageError(`The media directory ${root} does not give back what was written to it.`);
          }
        } finally {
          await rm(path, { force: true });
        }
      });
    },
  };
}

/** Other users of this machine must not read members' media. */
const privateFolder = { recursive: true, mode: 0o700 };
const privateFile = 0o600;

/**
 * Moves a file so that a reader sees the old file or the whole new one, even after a power cut. It syncs the data, then the name,
 * then the folder.
 */
async function moveDurably(file: { path: string; bytes: number }, target: string, signal?: AbortSignal): Promise<void> {
  const incoming = join(dirname(target), `.${basename(target)}.${randomUUID()}.part`);
  try {
    await rename(file.path, incoming).catch(async (error: unknown) => {
      if (codeOf(error) !== 'EXDEV') throw error;
      await copyFile(file.path, incoming, constants.COPYFILE_FICLONE);
      await rm(file.path, { force: true });
    });
    signal?.throwIfAborted();
    const { size } = await stat(incoming);
    if (size !== file.bytes)
      throw new StorageError(`A media file has ${size} bytes where ${file.bytes} were measured.`);
    await chmod(incoming, privateFile);
    await syncToDisk(incoming);
    await rename(incoming, target);
    await syncToDisk(dirname(target));
  } catch (error) {
    await rm(incoming, { force: true });
    throw error;
  }
}

async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function explained<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const sentence = sentences[codeOf(error) ?? ''];
    if (sentence === undefined) throw error;
    throw new StorageError(`${sentence} (${root})`, { cause: error });
  }
}

const sentences: Record<string, string> = {
  ENOSPC: 'The disk of the media directory is full: free some space, or set S3_BUCKET.',
  EDQUOT: "The disk quota of the media directory's owner is used up: raise it, or set S3_BUCKET.",
  EACCES: 'The media directory may not be written or read by this user: change its owner, or set VIDGENIE_HOME.',
  EPERM: 'The media directory may not be written or read by this user: change its owner, or set VIDGENIE_HOME.',
  EROFS: 'The media directory lies on a read-only file system: set VIDGENIE_HOME to a writable place.',
  ENOTDIR: 'A file stands where the media directory should be: move it away, or set VIDGENIE_HOME.',
  EEXIST: 'A file stands where the media directory should be: move it away, or set VIDGENIE_HOME.',
  ENOENT: 'There is no such file in the media directory.',
};

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function nullWhenMissing(error: unknown): null {
  if (codeOf(error) === 'ENOENT') return null;
  throw error;
}
