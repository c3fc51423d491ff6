import type { MediaStore } from '../pipeline/media/store.ts';
import { BackupError } from './error.ts';
import { damagedName, type Manifest, mediaListBase, mediaName } from './manifest.ts';
import { hashed, hashOf, objectsOf, type StoredObject } from './mediaList.ts';
import { openIfThere } from './openIfThere.ts';
import { partsFrom, type Store } from './parts.ts';
import { once } from './place.ts';
import { removedAmong } from './snapshot.ts';

type TakingMedia = {
  url: string;
  media: MediaStore;
  signal: AbortSignal;
  onObject: (object: StoredObject) => void;
};

type Lost = Pick<Manifest['media'], 'missing' | 'removed' | 'damaged'>;

/** So many that the media store is probably the wrong one. */
const mostLost = 10_000;
/** The database is asked about so many absent objects at a time. */
const pageOfKeys = 1_000;

/** Copies every object of the list. Returns those that are not in the backup as their rows describe them. */
export async function takeMedia(store: Store, list: Manifest['media']['list'], taking: TakingMedia): Promise<Lost> {
  const lost: Lost = { missing: [], removed: [], damaged: [] };
  let absent: string[] = [];
  const explain = async () => {
    lost.missing.push(...absent);
    lost.removed.push(...(await removedAmong(taking.url, absent)));
    absent = [];
  };
  const listed = { base: mediaListBase, parts: list.parts };
  for await (const object of objectsOf((to) => partsFrom(store, listed, to), list.sha256)) {
    taking.signal.throwIfAborted();
    const outcome = await takeObject(store, object, taking.media);
    if (outcome === 'missing') absent.push(object.key);
    if (outcome === 'damaged') lost.damaged.push(object.key);
    if (absent.length === pageOfKeys) await explain();
    if (lost.missing.length - lost.removed.length + lost.damaged.length > mostLost)
      throw new BackupError(
        `More than ${mostLost} objects are not in the media store: is it the right one? --no-media leaves all of them out.`,
      );
    taking.onObject(object);
  }
  await explain();
  return lost;
}

async function takeObject(
  store: Store,
  object: StoredObject,
  media: MediaStore,
): Promise<'taken' | 'missing' | 'damaged'> {
  const { place, codec } = store;
  const kept = await keptOf(store, object);
  if (kept !== null) return kept;
  const size = await media.size(object.key);
  const opened = size === null ? null : await openIfThere(media, object.key);
  if (size === null || opened === null) return 'missing';
  let found = '';
  const content = hashed(opened, async ({ sha256 }) => {
    found = sha256;
    // The mark is there before the content can be whole, so a kill between the two does not hide it.
    if (found !== object.sha256 && place.isDurable)
      await place.write(damagedName(object.key), 0, once(Buffer.alloc(0)));
  });
  const name = mediaName(object.key);
  await place.write(name, codec.storedBytes(size), codec.encode(name, content));
  return found === object.sha256 ? 'taken' : 'damaged';
}

/** Looks for an object in the backup that was interrupted. Null: it has to be copied. */
async function keptOf({ place, codec }: Store, object: StoredObject): Promise<'taken' | 'damaged' | null> {
  const name = mediaName(object.key);
  // Keys name their content, so an object of this name and size is this one.
  if ((await place.size(name)) !== codec.storedBytes(object.bytes)) return null;
  if (place.isDurable && (await place.size(damagedName(object.key))) === null) return 'taken';
  try {
    // The mark may be that of a copy that broke off.
    if ((await hashOf(codec.decode(name, place.read(name)))) === object.sha256) return 'taken';
    return place.isDurable ? 'damaged' : null;
  } catch (error) {
    if (error instanceof BackupError) return null;
    throw error;
  }
}
