import { join } from 'node:path';
import type pg from 'pg';
import type { MoveNote } from '../db/embedded/moveNote.ts';
import type { Keyring } from '../db/keyring.ts';
import type { Violation } from '../db/ledgerRules.ts';
import type { MediaStore } from '../pipeline/media/store.ts';
import { BackupError } from './error.ts';
import { openSealedKeys } from './keys.ts';
import { finishLoading, loadDatabase } from './load.ts';
import { hashOf, type StoredObject, withFile } from './mediaList.ts';
import { countSince, momentOf, namedSince, stillNamed } from './namedMedia.ts';
import { openIfThere } from './openIfThere.ts';
import { hasOrigin } from './origin.ts';
import { tellingRows, violationsIn } from './restore.ts';
import { withClient } from './session.ts';
import { shapeOf } from './shape.ts';
import { withSnapshot } from './snapshot.ts';
import type { Step } from './take.ts';

const adviceOnMove = 'set VIDGENIE_KEYRING_FILE to the file keyring in the home of this installation.';

type Common = { signal: AbortSignal; onStep: (step: Step) => void };

/** `isFinished`: nothing is left that {@link finishMove} would do. */
export type MovedDatabase = { rows: number; openedKeys: number; violations: Violation[]; isFinished: boolean };

/**
 * Copies a database into an empty one, row by row, without a file between. The note keeps everybody else away from the old one. If the
 * move fails, the new one is empty again and the note is gone. Once the new one may have the rows, the note stays until a repeated
 * move has found out: nobody must write into the old one then.
 */
export async function moveDatabase(
  { from, to, keyring, note }: { from: string; to: string; keyring: Keyring; note: MoveNote },
  { signal, onStep }: Common,
): Promise<MovedDatabase> {
  let mayBeFilled = note.isResumed;
  let openedKeys = 0;
  const check = async (client: pg.Client) => {
    openedKeys = await openSealedKeys(client, keyring, adviceOnMove);
    await requireNote(note, '');
    // The commit comes next, and the line may break before its answer.
    mayBeFilled = true;
  };
  try {
    mayBeFilled = await withClient(to, (client) => hasOrigin(client, note.id));
    const rows = await withSnapshot(from, { isLocked: true }, (snapshot) =>
      loadDatabase(to, snapshot, {
        id: note.id,
        signal,
        check,
        ...tellingRows(
          snapshot.tables.map(({ name }) => name),
          onStep,
        ),
      }),
    );
    const violations = await violationsIn(to);
    await requireNote(note, ' The new database has all rows: empty it.');
    await note.complete();
    const isFinished = await finishLoading(to).then(
      () => true,
      () => false,
    );
    return { rows, openedKeys, violations, isFinished };
  } catch (error) {
    if (!mayBeFilled) await note.withdraw();
    throw error;
  }
}

/** Somebody who deletes the note starts the old database, and writes what the new one does not have. */
async function requireNote(note: MoveNote, andThen: string): Promise<void> {
  if (!(await note.isThere()))
    throw new BackupError(`The note of the move was deleted while it was at work, so the move is given up.${andThen}`);
}

/** Does what a complete move has left. False: the database has nothing of VidGenie. */
export async function finishMove(to: string): Promise<boolean> {
  const { migration } = await withClient(to, shapeOf);
  if (migration === null) return false;
  await finishLoading(to);
  return true;
}

export type MovedMedia = { copied: number; present: number; missing: string[]; damaged: string[] };

/**
 * Copies every object that the database names, and reads back what the new store has. What is there already is left as it is, so
 * this goes on after an interruption, and may be repeated for what came since. VidGenie may work meanwhile: a second look finds what
 * it has stored since the first began.
 */
export async function moveMedia(
  { url, from, to, home }: { url: string; from: MediaStore; to: MediaStore; home: string },
  { signal, onStep }: Common,
): Promise<MovedMedia> {
  let [copied, present] = [0, 0];
  const [missing, damaged] = [new Set<string>(), new Set<string>()];
  await to.prepare();
  const all = '-infinity';
  const begun = await momentOf(url);
  for (const since of [all, begun]) {
    const of = await countSince(url, since);
    let [done, bytes] = [0, 0];
    for await (const object of namedSince(url, since)) {
      signal.throwIfAborted();
      const outcome = await moveObject(object, { from, to, home, signal });
      if (outcome === 'copied') copied += 1;
      // The second look comes by some objects of the first again.
      if (outcome === 'present' && since === all) present += 1;
      if (outcome === 'damaged') damaged.add(object.key);
      if (outcome === 'missing') missing.add(object.key);
      done += 1;
      bytes += object.bytes;
      onStep({ phase: 'media', item: object.key, done, of, bytes });
    }
  }
  // VidGenie may have erased some before their turn came.
  return { copied, present, missing: await stillNamed(url, [...missing]), damaged: [...damaged] };
}

type Moving = { from: MediaStore; to: MediaStore; home: string; signal: AbortSignal };

async function moveObject(
  { key, bytes, sha256, mime }: StoredObject,
  { from, to, home, signal }: Moving,
): Promise<keyof MovedMedia> {
  const isPresent = (await to.size(key)) === bytes;
  const content = await openIfThere(from, key);
  if (content === null) return isPresent ? 'present' : 'missing';
  // An earlier move may have copied it as it is. It stays damaged, however often the move is repeated.
  if (isPresent) return (await hashOf(content)) === sha256 ? 'present' : 'damaged';
  return await withFile(join(home, 'tmp'), content, async (file) => {
    const isSame = file.sha256 === sha256;
    await to.put(key, { path: file.path, mime, bytes: file.bytes }, signal);
    if ((await hashOf(await to.open(key))) !== file.sha256) {
      // A repeated move would find it in its size.
      await to.remove(key);
      throw new BackupError(`The new media store does not give back ${key} as it was written: look at that service.`);
    }
    return isSame ? 'copied' : 'damaged';
  });
}
