import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import type { Keyring } from '../db/keyring.ts';
import type { Violation } from '../db/ledgerRules.ts';
import type { MediaStore } from '../pipeline/media/store.ts';
import { BackupError } from './error.ts';
import { openSealedKeys } from './keys.ts';
import { loadDatabase } from './load.ts';
import { withFile } from './mediaList.ts';
import { type Backup, mediaOf, rowsOf } from './open.ts';
import { openIfThere } from './openIfThere.ts';
import { playVideo } from './play.ts';
import { adviceOnKeyring, tellingRows, violationsIn } from './restore.ts';
import { withClient } from './session.ts';
import type { Step } from './take.ts';

export type Rehearsing = {
  backup: Backup;
  /** Any database of the server on which the rehearsal may make one of its own. */
  url: string;
  /** The store of the media that the backup does not include. */
  media: MediaStore;
  keyring: { keyring: Keyring | null } | null;
  signal: AbortSignal;
  onStep: (step: Step) => void;
};

export type Rehearsed = {
  rows: number;
  openedKeys: number;
  violations: Violation[];
  /** Objects of the backup that were read to the end and are what was written. */
  objects: number;
  /** The newest video that is there, which was played. Null: there is none. */
  played: { key: string; seconds: number } | null;
};

/** Restores into a database beside, looks whether everything is usable, and removes it again. */
export async function rehearse(rehearsing: Rehearsing): Promise<Rehearsed> {
  const { backup, url, signal, onStep } = rehearsing;
  return await withRehearsalDatabase(url, async (beside) => {
    const source = rowsOf(backup);
    let openedKeys = 0;
    let newest: string[] = [];
    const rows = await loadDatabase(beside, source, {
      id: backup.manifest.id,
      signal,
      ...tellingRows(
        source.tables.map(({ name }) => name),
        onStep,
      ),
      check: async (client) => {
        if (rehearsing.keyring) openedKeys = await openSealedKeys(client, rehearsing.keyring.keyring, adviceOnKeyring);
        newest = await newestVideos(client, backup.manifest.media);
      },
    });
    const violations = await violationsIn(beside);
    return { rows, openedKeys, violations, ...(await lookAtMedia(rehearsing, newest)) };
  });
}

const keys = z.array(z.object({ key: z.string() }));

/** Some more than the newest one: a store may have lost that one since, because retention or a member removed it. */
const mostVideos = 20;

/** Videos that were whole in the store when the backup was taken, the newest first. */
async function newestVideos(client: pg.Client, { missing, damaged }: Backup['manifest']['media']): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT object_key AS key FROM assets WHERE kind = 'video' AND removed_at IS NULL AND object_key <> ALL ($1)
    ORDER BY created_at DESC LIMIT ${mostVideos}`,
    [[...missing, ...damaged]],
  );
  return keys.parse(rows).map(({ key }) => key);
}

async function lookAtMedia(
  { backup, media, signal, onStep }: Rehearsing,
  newest: readonly string[],
): Promise<Pick<Rehearsed, 'objects' | 'played'>> {
  const directory = await mkdtemp(join(tmpdir(), 'vidgenie-rehearsal-'));
  const play = async (content: AsyncIterable<Buffer>, key: string) =>
    await withFile(directory, content, async ({ path }) => ({
      key,
      seconds: await playVideo(path, directory, signal),
    }));
  try {
    const { isIncluded, count, missing } = backup.manifest.media;
    if (!isIncluded) {
      for (const key of newest) {
        const content = await openIfThere(media, key);
        if (content) return { objects: 0, played: await play(content, key) };
      }
      return { objects: 0, played: null };
    }
    let [objects, bytes] = [0, 0];
    let played: Rehearsed['played'] = null;
    for await (const object of mediaOf(backup)) {
      signal.throwIfAborted();
      if (object.key === newest[0]) played = await play(object.content(), object.key);
      else for await (const piece of object.content()) bytes += piece.length;
      objects += 1;
      onStep({ phase: 'media', item: object.key, done: objects, of: count - missing.length, bytes });
    }
    return { objects, played };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const prefix = 'vidgenie_rehearsal_';

async function withRehearsalDatabase<T>(url: string, work: (url: string) => Promise<T>): Promise<T> {
  const name = `${prefix}${randomBytes(6).toString('hex')}`;
  return await withClient(url, async (admin) => {
    await dropAbandoned(admin);
    try {
      // Whatever the server's own template is, this one is the same everywhere and has nothing in it.
      await admin.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === '42501')
        throw new BackupError(
          'The user in DATABASE_URL may not make a database for the rehearsal: allow it with ALTER ROLE … CREATEDB, or set DATABASE_URL to a server where it may.',
          { cause: error },
        );
      throw error;
    }
    const beside = new URL(url);
    beside.pathname = name;
    try {
      return await work(beside.href);
    } finally {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    }
  });
}

/** Removes what a killed rehearsal left. A rehearsal that goes on is connected, so its database cannot be dropped. */
async function dropAbandoned(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query(
    `SELECT datname AS key FROM pg_database d WHERE starts_with(datname, '${prefix}')
      AND pg_has_role(datdba, 'USAGE') AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)`,
  );
  for (const { key } of keys.parse(rows)) await admin.query(`DROP DATABASE ${key}`).catch(() => {});
}
