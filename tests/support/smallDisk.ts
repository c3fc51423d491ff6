import { execFile } from 'node:child_process';
import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

type SmallDisk = {
  /** Fills it, but for `leftBytes`. */
  fill: (leftBytes?: number) => Promise<void>;
  /** Makes room again. */
  clear: () => Promise<void>;
  unmount: () => Promise<void>;
};

/** A disk of its own for a folder, which it makes. Resolves with the reason if this process may not mount one. */
export async function mountSmallDisk(folder: string, bytes: number): Promise<{ why: string } | SmallDisk> {
  await mkdir(folder, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=755`, 'tmpfs', folder]);
  } catch {
    // Nobody but root may mount, and in some containers not even root.
    await rmdir(folder).catch(() => {});
    return { why: 'this machine lets us mount no small disk' };
  }
  const ballast = join(folder, '.ballast');
  const clear = () => rm(ballast, { force: true });
  return {
    fill: async (leftBytes = 0) => {
      await clear();
      // The file stays as large as there is room for.
      await writeFile(ballast, Buffer.alloc(bytes)).catch(() => {});
      if (leftBytes > 0) await run('truncate', ['-s', `-${leftBytes}`, ballast]);
    },
    clear,
    unmount: async () => {
      await run('umount', ['-l', folder], { cwd: dirname(folder) });
    },
  };
}
