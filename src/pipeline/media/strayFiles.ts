import type { Dirent } from 'node:fs';
import { opendir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mediaFolders, type StraySearch } from './store.ts';

/** The same page size as S3's. */
const pageKeys = 1_000;

/** The partial file that an interrupted put leaves beside its object: see `moveDurably`. */
const isPart = (name: string) => /^\..+\.part$/.test(name);

/** The names of files directly in a directory that were last written before `before`. Files that disappear meanwhile are skipped. */
export async function* oldFiles(directory: string, before: Date): AsyncGenerator<string> {
  for await (const entry of entriesOf(directory)) {
    if (!entry.isFile()) continue;
    const found = await stat(join(directory, entry.name)).catch(nullWhenMissing);
    if (found && found.mtime < before) yield entry.name;
  }
}

/** `MediaStore.removeStrays`, for files below `root`. */
export async function removeStrayFiles(root: string, { before, straysAmong, signal }: StraySearch): Promise<number> {
  let removed = 0;
  let keys: string[] = [];
  const remove = async (path: string) => {
    await rm(path, { force: true });
    removed += 1;
  };
  const judge = async () => {
    for (const key of await straysAmong(keys)) await remove(join(root, ...key.split('/')));
    keys = [];
  };
  for await (const folder of foldersOf(root)) {
    if (signal.aborted) return removed;
    const path = join(root, ...folder.split('/'));
    for await (const name of oldFiles(path, before)) {
      if (isPart(name)) await remove(join(path, name));
      else keys.push(`${folder}/${name}`);
      if (keys.length === pageKeys) await judge();
    }
  }
  if (keys.length > 0) await judge();
  return removed;
}

/** The folders of runs and of entries of the cast, such as `runs/<run id>`. */
async function* foldersOf(root: string): AsyncGenerator<string> {
  for (const owner of mediaFolders) {
    for await (const entry of entriesOf(join(root, owner))) if (entry.isDirectory()) yield `${owner}/${entry.name}`;
  }
}

/** Yields entries one by one, because there may be very many. */
async function* entriesOf(directory: string): AsyncGenerator<Dirent> {
  const opened = await opendir(directory).catch(nullWhenMissing);
  if (opened) yield* opened;
}

function nullWhenMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
