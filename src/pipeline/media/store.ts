import type { Readable } from 'node:stream';

/** The address at which a person or a platform can fetch an object. */
type MediaLink = { kind: 'file'; path: string } | { kind: 'url'; url: string; expiresAt: Date | null };

/** Keeps finished media under keys such as `runs/<run id>/video.mp4`. Putting a key again overwrites it, atomically. */
export type MediaStore = {
  /** Moves or uploads a local file into the store; the local file may be gone afterwards. */
  put: (key: string, file: { path: string; mime: string; bytes: number }, signal?: AbortSignal) => Promise<void>;
  /** Throws when there is no such object. */
  open: (key: string) => Promise<Readable>;
  /** All of an object that is small enough for memory, such as an image. Throws when there is no such object. */
  read: (key: string) => Promise<Buffer>;
  /** Size in bytes, or null when there is no such object. */
  size: (key: string) => Promise<number | null>;
  link: (key: string) => Promise<MediaLink>;
  /** Removing what is not there is no error. */
  remove: (key: string) => Promise<void>;
  /**
   * Looks through the objects below `runs/` that were last written before `before`, gives their keys to `straysAmong` in pages of at
   * most a thousand, in no particular order, and removes those that it names. Takes back as well what puts to there have left that were
   * begun before then and broken off: no key names it. Says how many of both are gone. What is put or removed meanwhile may be looked at
   * or not. Ends after the page at hand when the signal aborts; any number of processes may do it at once.
   */
  removeStrays: (search: StraySearch) => Promise<number>;
  /** Makes the place where objects are kept, where that is missing. */
  prepare: () => Promise<'made' | 'there'>;
  /** Proves that an object can be written, read and removed; throws with a sentence for the operator. */
  check: () => Promise<void>;
};

export type StraySearch = {
  before: Date;
  /** Those of some keys that nobody names, and nobody will. */
  straysAmong: (keys: readonly string[]) => Promise<readonly string[]>;
  signal: AbortSignal;
};

/** The store could not do its work. The message is one sentence for the operator; `cause` is the system's own error. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  /** True when the same may work in a moment, with nobody's help. */
  readonly isPassing: boolean;

  constructor(message: string, { isPassing = false, ...options }: ErrorOptions & { isPassing?: boolean } = {}) {
    super(message, options);
    this.isPassing = isPassing;
  }
}

/** Every part begins with a letter or a digit, so that neither `..` nor a hidden or absolute path can be spelled. */
const keyPattern = /^[a-z0-9][a-z0-9._-]{0,127}(\/[a-z0-9][a-z0-9._-]{0,127}){0,7}$/i;

export function requireMediaKey(key: string): void {
  if (!keyPattern.test(key)) throw new StorageError(`"${key}" is not a valid media key.`);
}

/** A store that is loaded when it is first used: the library behind it is large, and most commands only look at the database. */
export function createLazyStore(load: () => Promise<MediaStore>): MediaStore {
  let loading: Promise<MediaStore> | null = null;
  const store = () => {
    loading ??= load();
    return loading;
  };
  return {
    put: async (...given) => (await store()).put(...given),
    open: async (key) => (await store()).open(key),
    read: async (key) => (await store()).read(key),
    size: async (key) => (await store()).size(key),
    link: async (key) => (await store()).link(key),
    remove: async (key) => (await store()).remove(key),
    removeStrays: async (search) => (await store()).removeStrays(search),
    prepare: async () => (await store()).prepare(),
    check: async () => (await store()).check(),
  };
}
