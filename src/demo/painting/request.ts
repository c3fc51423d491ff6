import sharp from 'sharp';
import { type ImageEdit, type ImageRequest, ProviderError } from '../../pipeline/providers/provider.ts';
import { withEdit } from './edits/edits.ts';
import { retouch } from './edits/retouch.ts';
import { likenessOf } from './likeness.ts';
import { paint, paintRecipe } from './paint.ts';
import { findRecipe, type Recipe } from './recipe.ts';
import { imageSize } from './sheet.ts';

/** Paints what an image request asks for, as PNG. */
export async function paintRequest(request: ImageRequest): Promise<Buffer> {
  const { prompt, style, edit, references, variant } = request;
  if (edit) return await asRequested('the picture', () => edited(request, edit));
  const sheet = { ...imageSize(request), style };
  const pictures = references.map(({ content }) => content);
  const likeness = await asRequested('a reference', () => likenessOf(prompt, pictures));
  return await paint(prompt, sheet, {
    ...(variant > 1 && { variant }),
    ...(likeness !== null && { likeness }),
  });
}

/** Variants of a picture, beyond those that its own run may have made. */
const maxSiblings = 4;

/** Another version of a picture. The studio paints its own ones anew, and retouches all others. */
async function edited(request: ImageRequest, { how, picture }: ImageEdit): Promise<Buffer> {
  const size = imageSize(request);
  const { exif, width, height } = await sharp(picture.content).metadata();
  const recipe = findRecipe(exif);
  const sameShape = Math.abs(width / height - size.width / size.height) < 0.01;
  if (recipe === null || !sameShape) {
    return await retouch(picture.content, { how, words: request.prompt, variant: request.variant }, size);
  }
  const sheet = recipe.sheet ?? { width, height };
  switch (how) {
    case 'change':
      return await paintRecipe(withEdit(recipe, request.prompt), sheet, size);
    case 'better':
      return await paintRecipe(recipe, sheet, size);
    case 'vary': {
      // Edits say already how it looks.
      const alike = recipe.edits ? null : await likenessOf(recipe.prompt, [picture.content]);
      const variant = (recipe.variant ?? 1) + maxSiblings + request.variant;
      const { curves: _, ...same } = recipe;
      const other: Recipe = alike ? { ...same, likeness: alike, variant } : { ...recipe, variant };
      return await paintRecipe(other, sheet, size);
    }
  }
}

async function asRequested<T>(what: string, work: () => Promise<T>): Promise<T> {
  return await work().catch((cause: unknown) => {
    const detail = `${what} cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new ProviderError('invalid_request', detail, { nothingGenerated: true, cause });
  });
}
