import type { Readable } from 'node:stream';

/** Where a person, or a platform, can fetch an object. */
type MediaLink = { kind: 'file'; path: string } | { kind: 'url'; url: string; expiresAt: Date | null };

/** Keeps finished media under keys such as `runs/<run id>/video.mp4`. Putting a key again overwrites it, atomically. */
export type MediaStore = {
  /** Moves or uploads a local file into the store; the local file may be gone afterwards. */
  put: (key: string, file: { path: string; mime: string; bytes: number }, signal?: AbortSignal) => Promise<void>;
  /** Throws when there is no such object. */
  open: (key: string) => Promise<Readable>;
  /** Size in bytes, or null when there is no such object. */
  size: (key: string) => Promise<number | null>;
  link: (key: string) => Promise<MediaLink>;
  remove: (key: string) => Promise<void>;
  /** Proves that an object can be written, read and removed; throws with a sentence for the operator. */
  check: () => Promise<void>;
};
