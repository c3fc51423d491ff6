import { type Picture, ProviderError } from '../provider.ts';
import { withinBytes } from '../smallPicture.ts';

/** Runway takes a data URI of less than 5 MB. Base64 makes a picture a third larger. */
const maxUriLength = 5 * 1024 * 1024 - 1;
const maxBytes = Math.floor((maxUriLength - 64) / 4) * 3;

/** A picture as Runway takes it: as it is, or as a smaller copy. */
export async function dataUriOf(picture: Picture): Promise<string> {
  const [copy] = await withinBytes([picture], maxBytes);
  if (!copy || copy.content.length > maxBytes) {
    throw new ProviderError('invalid_request', 'The picture is too large for Runway.', { nothingGenerated: true });
  }
  return `data:${copy.mime};base64,${copy.content.toString('base64')}`;
}
