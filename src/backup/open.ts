import { z } from 'zod';
import type { Codec } from './encryption.ts';
import { BackupError } from './error.ts';
import {
  headerName,
  type Manifest,
  manifest,
  manifestIn,
  manifestName,
  mediaListBase,
  mediaName,
  parsed,
  tableBase,
} from './manifest.ts';
import { hashed, objectsOf, type StoredObject } from './mediaList.ts';
import { partsFrom } from './parts.ts';
import { collected, type Place } from './place.ts';
import type { RowSource } from './snapshot.ts';
import { codecFor, readHeader } from './take.ts';

/** A complete backup. */
export type Backup = { place: Place; codec: Codec; manifest: Manifest };

/** Opens a complete backup. Throws a {@link BackupError} if it is none, is not complete, or has another passphrase. */
export async function openBackup(place: Place, passphrase: string | null): Promise<Backup> {
  if ((await place.size(headerName)) === null)
    throw new BackupError(`There is no backup in ${place.name}, or its beginning is lost.`);
  const { id, encryption } = await readHeader(place, 'restore another backup, or use the version that wrote it.');
  if ((await place.size(manifestName)) === null)
    throw new BackupError(
      place.isDurable
        ? `${place.name} is not complete: give the command that makes it again, and it goes on.`
        : `${place.name} was complete once, and has lost its end: copy it again from where you keep it, or restore another backup.`,
    );
  const codec = await codecFor(encryption, passphrase);
  const text = (await collected(codec.decode(manifestName, place.read(manifestName)))).toString();
  const read = manifest.safeParse(manifestIn(parsed(text)));
  if (!read.success)
    throw new BackupError(`The backup is damaged, or a newer VidGenie wrote it: ${z.prettifyError(read.error)}`);
  if (read.data.id !== id) throw new BackupError('The backup is damaged: it is made of two backups.');
  return { place, codec, manifest: read.data };
}

/** The rows of a backup. It refuses those that are not what was written. */
export function rowsOf(backup: Backup): RowSource {
  const { migration, tables, sequences } = backup.manifest;
  return {
    migration,
    sequences,
    tables: tables.map(({ name, columns, rows }) => ({ name, columns, estimate: rows })),
    send: async ({ name }, to, onBytes) => {
      const written = tables.find((one) => one.name === name);
      if (!written) throw new BackupError(`The backup has no table ${name}.`);
      const found = await partsFrom(backup, { base: tableBase(name), parts: written.parts }, to, onBytes);
      if (found.sha256 !== written.sha256)
        throw new BackupError(`The backup is damaged: the table ${name} is not what was written.`);
      return found;
    },
  };
}

/** The objects that a backup holds, each with its content. What the store did not have, or had damaged, is left out or marked. */
export async function* mediaOf(
  backup: Backup,
): AsyncGenerator<StoredObject & { isDamaged: boolean; content: () => AsyncIterable<Buffer> }> {
  const { place, codec, manifest } = backup;
  const { list, isIncluded } = manifest.media;
  if (!isIncluded) return;
  const [missing, damaged] = [new Set(manifest.media.missing), new Set(manifest.media.damaged)];
  const listed = { base: mediaListBase, parts: list.parts };
  for await (const object of objectsOf((to) => partsFrom(backup, listed, to), list.sha256)) {
    if (missing.has(object.key)) continue;
    const isDamaged = damaged.has(object.key);
    const name = mediaName(object.key);
    const content = () =>
      hashed(codec.decode(name, place.read(name)), ({ sha256 }) => {
        if (sha256 !== object.sha256 && !isDamaged)
          throw new BackupError(`The backup is damaged: ${object.key} is not what was written.`);
      });
    yield { ...object, isDamaged, content };
  }
}
