import { statfs } from 'node:fs/promises';

/** The `code` of a system or PostgreSQL error (`ENOENT`, `57P03`), if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Turns the operating system's error about a path into a sentence that tells the operator what to do. */
function cannotWrite(path: string, error: unknown): Error {
  const code = errorCode(error);
  const why =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'the disk is full; free some space and try again'
      : code === 'EACCES' || code === 'EPERM'
        ? `user ${process.getuid?.() ?? 'of this process'} may not; change its owner, or choose another folder with VIDGENIE_HOME`
        : code === 'EROFS'
          ? 'the file system is read-only; choose another folder with VIDGENIE_HOME'
          : code === 'ENOTDIR' || code === 'EEXIST'
            ? 'a file is in the way of that folder; move it, or choose another folder with VIDGENIE_HOME'
            : code === 'ENOENT'
              ? 'a folder above it is missing or read-only; choose another folder with VIDGENIE_HOME'
              : error instanceof Error
                ? error.message
                : String(error);
  return new Error(`cannot write to ${path}: ${why}`, { cause: error });
}

/** Runs work that writes below `path`, and explains the failures that an operator can fix. */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isAboutFiles(error) ? cannotWrite(path, error) : error;
  }
}

/** Half a sentence that we add to another program's failure if the disk is full. */
export async function adviceOnSpace(path: string): Promise<string> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize < leastSpaceBytes ? '; the disk is full: free some space and try again' : '';
}

/** In bytes: one segment of PostgreSQL's write-ahead log. */
const leastSpaceBytes = 16 * 1024 * 1024;

/** The result of `work`, or null if the file that it reads does not exist. */
export async function orMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

function isAboutFiles(error: unknown): boolean {
  const syscall = error instanceof Error && 'syscall' in error ? String(error.syscall) : 'none';
  return !/^(none|spawn|kill|connect|listen)/.test(syscall);
}
