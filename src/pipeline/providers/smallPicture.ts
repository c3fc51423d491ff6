import { decoding, decodingLimit } from '../media/decoding.ts';
import { type Picture, ProviderError } from './provider.ts';

type Copy = Pick<Picture, 'content' | 'mime'>;

/** A JPEG copy of a picture with sides of at most 1,024 pixels. A language model needs no more, and it is paid by the pixel. */
export const smallPicture = (picture: Picture): Promise<Copy> => copyOf(picture, { side: 1_024, quality: 85 });

/** The pictures as they are, or JPEG copies with sides of at most 2,048 pixels if the vendor takes no more bytes in one request. */
export async function withinBytes(pictures: readonly Picture[], maxBytes: number): Promise<readonly Copy[]> {
  const bytes = pictures.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes <= maxBytes) return pictures;
  return await Promise.all(pictures.map((picture) => copyOf(picture, { side: 2_048, quality: 90 })));
}

async function copyOf({ content }: Picture, { side, quality }: { side: number; quality: number }): Promise<Copy> {
  // Loaded only to look at a picture: sharp is large, and most prompts come without one.
  const { default: sharp } = await import('sharp');
  const copy = () =>
    sharp(content)
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality })
      .timeout(decodingLimit)
      .toBuffer();
  try {
    return { content: await decoding(copy), mime: 'image/jpeg' };
  } catch (cause) {
    throw new ProviderError('invalid_request', 'A picture cannot be decoded.', { nothingGenerated: true, cause });
  }
}
