import type { MediaStore } from '../../pipeline/media/store.ts';

/** Small copies of images for the gallery. They live in memory alone, so that a deleted run leaves none behind. */
export type Thumbnails = { of: (objectKey: string) => Promise<Uint8Array<ArrayBuffer>> };

const longerSide = 480;
const mostBytes = 32 * 1024 * 1024;

export function createThumbnails(store: Pick<MediaStore, 'open'>): Thumbnails {
  // The order in which a Map was filled is the order in which its entries were used last.
  const made = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  const sizes = new Map<string, number>();
  const forget = (key: string) => {
    made.delete(key);
    sizes.delete(key);
  };
  const total = () => [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  return {
    of: async (key) => {
      const known = made.get(key) ?? make(store, key);
      made.delete(key);
      made.set(key, known);
      try {
        const bytes = await known;
        if (made.has(key)) sizes.set(key, bytes.byteLength);
        for (const oldest of made.keys()) {
          if (total() <= mostBytes || oldest === key) break;
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

async function make(store: Pick<MediaStore, 'open'>, key: string): Promise<Uint8Array<ArrayBuffer>> {
  const [{ default: sharp }, source] = await Promise.all([import('sharp'), store.open(key)]);
  const small = sharp().resize({ width: longerSide, height: longerSide, fit: 'inside', withoutEnlargement: true });
  source.on('error', (error) => small.destroy(error));
  return new Uint8Array(await source.pipe(small).webp({ quality: 78 }).toBuffer());
}
