import type { Readable } from 'node:stream';

/** The address at which a person or a platform can fetch an object. */
type MediaLink = { kind: 'file'; path: string } | { kind: 'url'; url: string; expiresAt: Date | null };

/** Keys begin with one of these: the media of runs, and the images of the cast. */
export const mediaFolders = ['runs', 'cast'] as const;

/** Stores finished media under keys such as `runs/<run id>/video.mp4`. Putting a key again overwrites it atomically. */
export type MediaStore = {
  /** Moves or uploads a local file into the store. The local file may be gone afterwards. */
  put: (key: string, file: { path: string; mime: string; bytes: number }, signal?: AbortSignal) => Promise<void>;
  /** Throws if there is no such object. */
  open: (key: string) => Promise<Readable>;
  /** Reads a whole object that is small enough for memory, such as an image. Throws if there is no such object. */
  read: (key: string) => Promise<Buffer>;
  /** Size in bytes. Null if there is no such object. */
  size: (key: string) => Promise<number | null>;
  link: (key: string) => Promise<MediaLink>;
  /** Removing a missing object is not an error. */
  remove: (key: string) => Promise<void>;
  /**
   * Removes stray objects below {@link mediaFolders} that were last written before `before`. It passes their keys to `straysAmong` in pages of
   * at most a thousand, in no particular order, and removes the keys that this returns. It also removes the remains of puts that
   * began before `before` and broke off, because no key refers to them. It returns how many of both it removed. It may or may not
   * see objects that are put or removed meanwhile. When the signal aborts, it ends after the current page. Any number of
   * processes may do this at once.
   */
  removeStrays: (search: StraySearch) => Promise<number>;
  /** Creates the folder or bucket of the objects if it is missing. */
  prepare: () => Promise<'made' | 'there'>;
  /** Proves that an object can be written, read and removed. Throws with a message for the operator. */
  check: () => Promise<void>;
};

export type StraySearch = {
  before: Date;
  /** Returns the keys that no row names and none ever will. */
  straysAmong: (keys: readonly string[]) => Promise<readonly string[]>;
  signal: AbortSignal;
};

/** The store failed. The message is one sentence for the operator. `cause` is the system's own error. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  /** True if the same call may succeed in a moment, without anybody's help. */
  readonly isPassing: boolean;

  constructor(message: string, { isPassing = false, ...options }: ErrorOptions & { isPassing?: boolean } = {}) {
    super(message, options);
    this.isPassing = isPassing;
  }
}

/** Every part begins with a letter or a digit, so a key can contain neither `..` nor a hidden or absolute path. */
const keyPattern = /^[a-z0-9][a-z0-9._-]{0,127}(\/[a-z0-9][a-z0-9._-]{0,127}){0,7}$/i;

export function requireMediaKey(key: string): void {
  if (!keyPattern.test(key)) throw new StorageError(`"${key}" is not a valid media key.`);
}

/** A store that is loaded on first use: its library is large, and most commands use only the database. */
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
