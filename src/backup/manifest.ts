import { createHash } from 'node:crypto';
import { z } from 'zod';
import { encryptionFacts } from './encryption.ts';

/** The first content of a backup. It is never encrypted, and tells how to read the rest. */
export const headerName = 'backup.json';
export const header = z.object({
  format: z.literal('VidGenie backup'),
  version: z.literal(1),
  id: z.uuid(),
  encryption: encryptionFacts.nullable(),
});
export type Header = z.infer<typeof header>;

const tally = { rows: z.int(), bytes: z.int(), sha256: z.string(), parts: z.int() };

/** The last content of a backup: without it the backup is not complete. */
export const manifestName = 'manifest.json';
export const manifest = z.object({
  /** The id of the header. */
  id: z.uuid(),
  takenAt: z.iso.datetime(),
  vidgenie: z.string(),
  /** The moment of the snapshot's newest migration, which names its schema. */
  migration: z.number(),
  postgres: z.string(),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()), ...tally })),
  sequences: z.array(z.object({ name: z.string(), last: z.string() })),
  media: z.object({
    /** False: the backup has only the list of the objects, which are kept elsewhere. */
    isIncluded: z.boolean(),
    list: z.object(tally),
    count: z.int(),
    bytes: z.int(),
    /** Keys of objects that the store did not have. */
    missing: z.array(z.string()),
    /** Those of them that no row names any more: they were removed while the backup was taken. Backups of earlier versions do not say. */
    removed: z.array(z.string()).default([]),
    /** Keys of objects that differ from their row. */
    damaged: z.array(z.string()),
  }),
  /** The versions of master keys that sealed the stored secrets. */
  keyVersions: z.array(z.string()),
  /** Variables that were set. The value of a secret is null. */
  settings: z.record(z.string(), z.string().nullable()),
});
export type Manifest = z.infer<typeof manifest>;

/** The manifest as it is written: with its hash, because nothing else tells whether its content is what was written. */
const sealedManifest = z.object({ manifest: z.unknown(), sha256: z.string() });
const hashOf = (told: unknown): string => createHash('sha256').update(JSON.stringify(told)).digest('hex');

export const manifestText = (told: Manifest): string => JSON.stringify({ manifest: told, sha256: hashOf(told) });

/** The value from which {@link manifestText} made a text. Null if the text is another. */
export function manifestIn(text: unknown): unknown {
  const read = sealedManifest.safeParse(text);
  return read.success && hashOf(read.data.manifest) === read.data.sha256 ? read.data.manifest : null;
}

/** Reads JSON. Null if the text is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The folders of the contents. */
export const tableBase = (table: string): string => `database/${table}`;
export const mediaListBase = 'media-list';
export const mediaName = (key: string): string => `media/${key}`;
export const settingsName = 'settings.env';
/** An empty content that marks an object whose content differs from its row. Only durable places have it: others are read again. */
export const damagedName = (key: string): string => `damaged/${key}`;
