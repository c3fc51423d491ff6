import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BackupError } from './error.ts';
import type { Place } from './place.ts';

/** Everything in a tar file is in blocks of this size. Bytes. */
const block = 512;

type Entry = { at: number; bytes: number };

/** The name of a backup that is not complete. */
const unfinishedName = (path: string): string => `${path}.partial`;

/**
 * A backup in one tar file that any `tar` reads. It is written beside as `….partial`, and gets its name when it is complete. What an
 * interrupted backup left is kept, up to its last whole content.
 */
export async function createTarFile(path: string): Promise<Place> {
  const draft = unfinishedName(resolve(path));
  if (await isThere(path))
    throw new BackupError(`${path} exists already, and nothing is overwritten: choose another name.`);
  return await explained(path, async () => {
    const file = await open(draft, (await isThere(draft)) ? 'r+' : 'wx+', 0o600);
    try {
      const { entries, end } = await readEntries(file, { isFinished: false });
      await file.truncate(end);
      return placeOf(path, draft, file, entries, end);
    } catch (error) {
      await file.close();
      throw error;
    }
  });
}

/** Opens a complete backup. */
export async function openTarFile(path: string): Promise<Place> {
  return await explained(path, async () => {
    if (!(await isThere(path))) {
      const isUnfinished = await isThere(unfinishedName(path));
      throw new BackupError(
        isUnfinished
          ? `${path} is not complete: give the command that makes it again, and it goes on.`
          : `There is no file ${path}.`,
      );
    }
    const file = await open(path, 'r');
    const { entries, end } = await readEntries(file, { isFinished: true });
    return placeOf(path, path, file, entries, end);
  });
}

function placeOf(path: string, written: string, file: FileHandle, entries: Map<string, Entry>, from: number): Place {
  let end = from;
  return {
    name: path,
    isDurable: false,
    size: async (name) => entries.get(name)?.bytes ?? null,
    write: (name, bytes, content) =>
      explained(path, async () => {
        entries.delete(name);
        const begin = end;
        try {
          await file.write(headOf(name, bytes), 0, block, begin);
          let at = begin + block;
          for await (const piece of content) {
            await writeAll(file, piece, at);
            at += piece.length;
          }
          if (at !== begin + block + bytes) throw new BackupError(`${name} changed while it was copied.`);
          end = begin + block + padded(bytes);
          await file.truncate(end);
        } catch (error) {
          await file.truncate(begin);
          end = begin;
          throw error;
        }
        entries.set(name, { at: begin + block, bytes });
      }),
    read: (name) => {
      const entry = entries.get(name);
      if (!entry) throw new BackupError(`The backup is damaged: it has no ${name}.`);
      if (entry.bytes === 0) return nothing();
      return readable(name, createReadStream(written, { start: entry.at, end: entry.at + entry.bytes - 1 }));
    },
    finish: () =>
      explained(path, async () => {
        await writeAll(file, Buffer.alloc(2 * block), end);
        await file.sync();
        await rename(written, path);
        const folder = await open(dirname(resolve(path)));
        await folder.sync();
        await folder.close();
      }),
    close: () => file.close(),
  };
}

/** Node may write less than it was given, for example just before the disk is full. */
async function writeAll(file: FileHandle, content: Buffer, at: number): Promise<void> {
  let done = 0;
  while (done < content.length) {
    const { bytesWritten } = await file.write(content, done, content.length - done, at + done);
    done += bytesWritten;
  }
}

/** A content that its disk cannot read is damaged like one that has changed. */
export async function* readable(name: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* content;
  } catch (error) {
    if (codeOf(error) !== 'EIO') throw error;
    throw new BackupError(`The backup is damaged: the disk cannot read ${name}.`, { cause: error });
  }
}

/**
 * All whole contents, and where the last one ends. The same name again replaces the one before. What follows a head that cannot be read is
 * what an interrupted writer left. In a finished file that head is damaged, and the next good one is looked for.
 */
async function readEntries(
  file: FileHandle,
  { isFinished }: { isFinished: boolean },
): Promise<{ entries: Map<string, Entry>; end: number }> {
  const entries = new Map<string, Entry>();
  const { size } = await file.stat();
  const head = Buffer.alloc(block);
  let end = 0;
  while (end + block <= size) {
    const entry = (await isRead(file, head, end)) ? readHead(head) : null;
    if (entry && end + block + padded(entry.bytes) <= size) {
      entries.set(entry.name, { at: end + block, bytes: entry.bytes });
      end += block + padded(entry.bytes);
    } else if (isFinished) end = await nextHead(file, end + block, size);
    else break;
  }
  return { entries, end };
}

/** The position of the next good head, or the end of the file. */
async function nextHead(file: FileHandle, from: number, size: number): Promise<number> {
  const piece = Buffer.alloc(128 * block);
  for (let at = from; at < size; at += piece.length) {
    if (!(await isRead(file, piece.fill(0), at))) continue;
    for (let offset = 0; offset < piece.length; offset += block) {
      if (readHead(piece.subarray(offset, offset + block))) return at + offset;
    }
  }
  return size;
}

/** False if the disk cannot read there. */
async function isRead(file: FileHandle, into: Buffer, at: number): Promise<boolean> {
  try {
    await file.read(into, 0, into.length, at);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EIO') return false;
    throw error;
  }
}

/** A head in the format ustar, for which 255 bytes of name and 8 GB of content are enough here. */
function headOf(name: string, bytes: number): Buffer {
  const head = Buffer.alloc(block);
  const cut = name.length <= 100 ? -1 : name.lastIndexOf('/', 155);
  if (name.length - cut - 1 > 100 || bytes >= 8 ** 11) throw new BackupError(`${name} does not fit into a tar file.`);
  head.write(name.slice(cut + 1), 0, 100, 'latin1');
  head.write('0000600\0' + '0000000\0' + '0000000\0', 100, 'latin1');
  head.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  head.write(
    `${Math.floor(Date.now() / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
    'latin1',
  );
  head.write('        0', 148, 'latin1');
  head.write('ustar\x0000', 257, 'latin1');
  if (cut > 0) head.write(name.slice(0, cut), 345, 155, 'latin1');
  head.write(`${sumOf(head).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return head;
}

function readHead(head: Buffer): { name: string; bytes: number } | null {
  if (head.toString('latin1', 257, 262) !== 'ustar') return null;
  const textAt = (at: number, length: number) => head.toString('latin1', at, at + length).replace(/\0[\s\S]*$/, '');
  const sum = Number.parseInt(textAt(148, 8), 8);
  const copy = Buffer.from(head).fill(' ', 148, 156);
  if (sum !== sumOf(copy)) return null;
  const prefix = textAt(345, 155);
  const name = textAt(0, 100);
  return { name: prefix === '' ? name : `${prefix}/${name}`, bytes: Number.parseInt(textAt(124, 12), 8) };
}

const sumOf = (head: Buffer): number => head.reduce((sum, byte) => sum + byte, 0);

const padded = (bytes: number): number => Math.ceil(bytes / block) * block;

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );

async function* nothing(): AsyncGenerator<Buffer> {}

async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const sentence = sentences[codeOf(error) ?? ''];
    if (sentence === undefined) throw error;
    throw new BackupError(`${sentence} (${path})`, { cause: error });
  }
}

const sentences: Record<string, string> = {
  ENOSPC: 'The disk is full: free some space and give the same command again, or name another place.',
  EDQUOT: 'The disk quota is used up: raise it, or name another place.',
  EFBIG: 'The file would be larger than its disk or this user may have: name another place.',
  EACCES: 'This user may not write or read there: change the owner of the folder, or name another place.',
  EPERM: 'This user may not write or read there: change the owner of the folder, or name another place.',
  EROFS: 'The file system is read-only: name another place.',
  ENOENT: 'There is no such folder: make it first.',
  ENOTDIR: 'A file stands where a folder should be: name another place.',
  EISDIR: 'That is a folder: name a file in it.',
};

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
