import type { MediaStore } from '../../pipeline/media/store.ts';

/** The longer sides of small copies, in pixels: `1` serves lists, `large` a gallery on a screen of double density. */
const longerSides = { '1': 480, large: 1_200 } as const;
export type ThumbnailSize = keyof typeof longerSides;

export const thumbnailSizeOf = (said: string): ThumbnailSize => (said === 'large' ? 'large' : '1');

/** Small copies of images for the gallery. They live only in memory, so that a deleted run leaves none behind. */
export type Thumbnails = { of: (objectKey: string, size: ThumbnailSize) => Promise<Uint8Array<ArrayBuffer>> };

const maxBytes = 32 * 1024 * 1024;

export function createThumbnails(store: Pick<MediaStore, 'open'>): Thumbnails {
  // A Map keeps insertion order. We insert an entry again at each use, so the first one is the least recently used.
  const made = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  const sizes = new Map<string, number>();
  const forget = (key: string) => {
    made.delete(key);
    sizes.delete(key);
  };
  const total = () => [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  return {
    of: async (objectKey, size) => {
      const key = `${size} ${objectKey}`;
      const known = made.get(key) ?? make(store, objectKey, longerSides[size]);
      made.delete(key);
      made.set(key, known);
      try {
        const bytes = await known;
        if (made.has(key)) sizes.set(key, bytes.byteLength);
        for (const oldest of made.keys()) {
          if (total() <= maxBytes || oldest === key) break;
          forget(oldest);
        }
        return bytes;
      } catch (error) {
        forget(key);
        throw error;
      }
    },
  };
}

async function make(
  store: Pick<MediaStore, 'open'>,
  key: string,
  longerSide: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const [{ default: sharp }, source] = await Promise.all([import('sharp'), store.open(key)]);
  const small = sharp().resize({ width: longerSide, height: longerSide, fit: 'inside', withoutEnlargement: true });
  source.on('error', (error) => small.destroy(error));
  return new Uint8Array(await source.pipe(small).webp({ quality: 78 }).toBuffer());
}
