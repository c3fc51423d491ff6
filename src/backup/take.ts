import { randomUUID } from 'node:crypto';
import type { MediaStore } from '../pipeline/media/store.ts';
import { type Codec, newEncryption, openEncryption, plainCodec } from './encryption.ts';
import { BackupError } from './error.ts';
import {
  type Header,
  header,
  headerName,
  type Manifest,
  manifestName,
  manifestText,
  mediaListBase,
  parsed,
  settingsName,
  tableBase,
} from './manifest.ts';
import { type Store, writeParts } from './parts.ts';
import { collected, heeding, once, type Place } from './place.ts';
import { asEnvironmentFile } from './settings.ts';
import { type Snapshot, withSnapshot } from './snapshot.ts';
import { takeMedia } from './takeMedia.ts';

/** How far the work is. `bytes` counts what has passed in this phase; `of` is how many items there are. */
export type Step = { phase: 'database' | 'media'; item: string; done: number; of: number; bytes: number };

export type Taking = {
  url: string;
  media: MediaStore;
  includesMedia: boolean;
  place: Place;
  /** Null: the backup is not encrypted. */
  passphrase: string | null;
  settings: Record<string, string | null>;
  version: string;
  now: Date;
  signal: AbortSignal;
  onStep: (step: Step) => void;
};

/**
 * Takes a backup: the rows as they are at one moment, then the objects that they name. A backup that was interrupted goes on: its
 * media stay, and its rows are taken anew, because a snapshot ends with its process.
 */
export async function takeBackup(given: Taking): Promise<Manifest> {
  const place = heeding(given.place, given.signal);
  const taking: Taking = { ...given, place };
  const { id, codec } = await begin(taking);
  const store = { place, codec };
  const rows = await withSnapshot(taking.url, { isLocked: false }, (snapshot) => takeRows(snapshot, store, taking));
  const { list, media, ...database } = rows;
  const lost = taking.includesMedia ? await takeMedia(store, list, tellingMedia(media, taking)) : nothingLost;
  const manifest: Manifest = {
    id,
    takenAt: taking.now.toISOString(),
    vidgenie: taking.version,
    ...database,
    media: { isIncluded: taking.includesMedia, list, ...media, ...lost },
    settings: taking.settings,
  };
  await write(store, settingsName, asEnvironmentFile(taking.settings));
  await write(store, manifestName, manifestText(manifest));
  await place.finish();
  return manifest;
}

const nothingLost = { missing: [], removed: [], damaged: [] };

/** Tells of each object, and of the bytes that have passed. */
function tellingMedia({ count }: Snapshot['media'], { url, media, signal, onStep }: Taking) {
  let done = 0;
  let bytes = 0;
  return {
    url,
    media,
    signal,
    onObject: (object: { key: string; bytes: number }) => {
      done += 1;
      bytes += object.bytes;
      onStep({ phase: 'media', item: object.key, done, of: count, bytes });
    },
  };
}

async function begin({ place, passphrase }: Taking): Promise<{ id: string; codec: Codec }> {
  // Of a place that is not durable only `finish` makes a complete backup.
  if (place.isDurable && (await place.size(manifestName)) !== null)
    throw new BackupError(
      `There is a complete backup in ${place.name}, and nothing is overwritten: choose another name.`,
    );
  if ((await place.size(headerName)) !== null) {
    const { id, encryption } = await readHeader(
      place,
      'choose another name, or remove that unfinished backup (a file ends with .partial).',
    );
    if ((encryption === null) !== (passphrase === null))
      throw new BackupError(
        `An unfinished backup in ${place.name} was begun ${encryption === null ? 'without' : 'with'} a passphrase: go on in the same way, or choose another name.`,
      );
    return { id, codec: await codecFor(encryption, passphrase) };
  }
  const made = passphrase === null ? null : await newEncryption(passphrase);
  const id = randomUUID();
  const head: Header = { format: 'VidGenie backup', version: 1, id, encryption: made?.facts ?? null };
  await write({ place, codec: plainCodec }, headerName, JSON.stringify(head));
  return { id, codec: made?.codec ?? plainCodec };
}

/** `advice` tells the operator what to do about a header that cannot be read. */
export async function readHeader(place: Place, advice: string): Promise<Header> {
  const text = (await collected(place.read(headerName))).toString();
  const read = header.safeParse(parsed(text));
  if (!read.success)
    throw new BackupError(
      `${place.name} cannot be read, because its ${headerName} is damaged or a newer VidGenie wrote it: ${advice}`,
    );
  return read.data;
}

export async function codecFor(encryption: Header['encryption'], passphrase: string | null): Promise<Codec> {
  if (encryption === null && passphrase !== null)
    throw new BackupError(
      'A passphrase was given, but the backup is not encrypted, so anybody may have written it. If you trust it, leave --passphrase-file away and set BACKUP_PASSPHRASE to nothing.',
    );
  if (encryption === null) return plainCodec;
  if (passphrase === null)
    throw new BackupError('The backup is encrypted: give its passphrase with --passphrase-file or BACKUP_PASSPHRASE.');
  return await openEncryption(passphrase, encryption);
}

async function takeRows(snapshot: Snapshot, store: Store, { signal, onStep }: Taking) {
  const tables: Manifest['tables'] = [];
  let bytes = 0;
  for (const [done, table] of snapshot.tables.entries()) {
    signal.throwIfAborted();
    const tell = (more: number) => {
      bytes += more;
      onStep({ phase: 'database', item: table.name, done, of: snapshot.tables.length, bytes });
    };
    tell(0);
    const written = await writeParts(store, tableBase(table.name), (to) => snapshot.send(table, to, tell));
    tables.push({ name: table.name, columns: table.columns, ...written });
  }
  onStep({ phase: 'database', item: '', done: tables.length, of: tables.length, bytes });
  return {
    migration: snapshot.migration,
    postgres: snapshot.serverVersion,
    tables,
    sequences: [...snapshot.sequences],
    keyVersions: [...snapshot.keyVersions],
    list: await writeParts(store, mediaListBase, snapshot.sendMedia),
    media: snapshot.media,
  };
}

async function write({ place, codec }: Store, name: string, text: string): Promise<void> {
  const content = Buffer.from(text);
  await place.write(name, codec.storedBytes(content.length), codec.encode(name, once(content)));
}
