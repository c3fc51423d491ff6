import type { Readable } from 'node:stream';
import type { MediaStore } from '../pipeline/media/store.ts';

/** Null if there is no such object any more: retention may remove it at any moment. */
export async function openIfThere(media: MediaStore, key: string): Promise<Readable | null> {
  try {
    return await media.open(key);
  } catch (error) {
    if ((await media.size(key)) === null) return null;
    throw error;
  }
}
