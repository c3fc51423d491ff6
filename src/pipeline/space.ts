import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../observability/log.ts';
import type { DiskUse, Meter } from './meter.ts';

/** The free room on the disks of this process. `low`: it takes no new runs. `critical`: its worker takes no turns either. */
export type Room = 'ample' | 'low' | 'critical';

export type Space = {
  /** The room on the fullest disk, as of the last look. */
  room: () => Room;
  /** Calls back whenever the room changes. Returns a function that ends this. */
  onChange: (listener: (room: Room) => void) => () => void;
  stop: () => void;
};

type SpaceDeps = { log: Logger; meter: Pick<Meter, 'diskSeen'> };

/** In milliseconds. A film is stored in less, but the reserve is larger than many films. */
const lookEveryMs = 2_000;

/** In bytes. The films of the runs at work take a few dozen megabytes each, and PostgreSQL needs room for its write-ahead log. */
const defaultReserveBytes = 500_000_000;
/** On a small disk, this share of it is enough. */
const defaultReserveShare = 1 / 20;
/** Below this share of the reserve, the rest is left to the database and to what is being stored. */
const criticalShare = 1 / 4;
/** After a shortage there has to be a fifth more than the limit. Otherwise VidGenie would accept and refuse by turns. */
const regained = 1.2;

/** The free bytes below which a disk counts as nearly full. `configured` is in bytes; 0 turns the check off. */
export const reserveOf = (configured: number | null, diskBytes: number): number =>
  configured ?? Math.min(defaultReserveBytes, diskBytes * defaultReserveShare);

export function roomOf(before: Room, freeBytes: number, reserveBytes: number): Room {
  const isBelow = (limit: number, isKnown: boolean) => freeBytes < limit * (isKnown ? regained : 1);
  if (isBelow(reserveBytes * criticalShare, before === 'critical')) return 'critical';
  return isBelow(reserveBytes, before !== 'ample') ? 'low' : 'ample';
}

/** The size of the disk of a folder, and what is free on it for this user. A folder that does not exist yet counts as its parent. */
export async function diskOf(folder: string): Promise<{ freeBytes: number; bytes: number }> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, bytes: blocks * bsize };
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing || dirname(folder) === folder) throw error;
    return await diskOf(dirname(folder));
  }
}

/**
 * Watches the disks of these folders. VidGenie refuses new runs before a disk is full: runs that were accepted can then still be
 * finished, and PostgreSQL, which stops when it cannot write its log, goes on. Resolves after the first look.
 */
export async function watchSpace(
  folders: Partial<Record<DiskUse, string>>,
  configuredReserve: number | null,
  { log, meter }: SpaceDeps,
): Promise<Space> {
  const rooms = new Map<string, Room>();
  const listeners = new Set<(room: Room) => void>();
  let room: Room = 'ample';

  const lookAt = async (use: DiskUse, folder: string) => {
    const { freeBytes, bytes } = await diskOf(folder);
    const before = rooms.get(use) ?? 'ample';
    const now = roomOf(before, freeBytes, reserveOf(configuredReserve, bytes));
    rooms.set(use, now);
    meter.diskSeen(use, freeBytes, now !== 'ample');
    if (now === before) return;
    if (now === 'ample') log.info({ folder, freeBytes }, 'there is room on the disk again; new runs are taken');
    else log.warn({ folder, freeBytes, room: now }, `the disk is nearly full; ${consequences[now]}`);
  };
  const look = async () => {
    // A folder that cannot be looked at keeps its last room. Whatever writes there tells what is wrong with it.
    await Promise.allSettled(uses.map((use) => (folders[use] === undefined ? null : lookAt(use, folders[use]))));
    const now = worst.find((one) => [...rooms.values()].includes(one)) ?? 'ample';
    if (now === room) return;
    room = now;
    for (const listener of listeners) listener(now);
  };

  await look();
  let isLooking = false;
  const timer = setInterval(() => {
    // A file system that hangs must not collect calls.
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  }, lookEveryMs).unref();
  return {
    room: () => room,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => clearInterval(timer),
  };
}

const uses: readonly DiskUse[] = ['home', 'media', 'database'];
const worst: readonly Room[] = ['critical', 'low'];
const consequences = {
  low: 'no new runs are taken until there is room',
  critical: 'no new runs and no turns are taken until there is room',
} as const;
