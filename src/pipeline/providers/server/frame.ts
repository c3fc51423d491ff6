import { decoding, decodingLimit } from '../../media/decoding.ts';
import { type Picture, ProviderError } from '../provider.ts';
import type { VideoSize } from './videoSettings.ts';

/** The first frame of a video in exactly its size, as OpenAI's interface asks for. What does not fit is cut off at the edges. */
export async function frameOf(
  picture: Picture,
  { width, height }: VideoSize,
): Promise<Pick<Picture, 'content' | 'mime'>> {
  if (picture.width === width && picture.height === height) return picture;
  // Loaded only to change a picture: sharp is large.
  const { default: sharp } = await import('sharp');
  const cut = () =>
    sharp(picture.content).resize({ width, height, fit: 'cover' }).png().timeout(decodingLimit).toBuffer();
  try {
    return { content: await decoding(cut), mime: 'image/png' };
  } catch (cause) {
    throw new ProviderError('invalid_request', 'A picture cannot be decoded.', { nothingGenerated: true, cause });
  }
}
