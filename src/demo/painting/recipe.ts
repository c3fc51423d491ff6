import { z } from 'zod';
import { type Style, styles } from '../../domain.ts';

/**
 * The recipe of an image, stored in its EXIF. The animator uses it to repaint the image in depths, so that the camera can move
 * through it. An image without a recipe (a member's own, or one of ours that was re-encoded) moves as one flat layer.
 */
const recipe = z.object({ prompt: z.string(), style: z.enum(styles) });
export type Recipe = z.infer<typeof recipe>;

const prefix = 'VidGenie demo, a synthetic picture. Recipe: ';

/** EXIF text is ASCII by its standard, hence base64. */
export function describeRecipe(made: { prompt: string; style: Style }): string {
  return prefix + Buffer.from(JSON.stringify(made)).toString('base64url');
}

export function findRecipe(exif: Buffer | undefined): Recipe | null {
  const text = exif?.toString('latin1') ?? '';
  const start = text.indexOf(prefix);
  if (start < 0) return null;
  const encoded = /^[\w-]+/.exec(text.slice(start + prefix.length))?.[0] ?? '';
  try {
    return recipe.parse(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8')));
  } catch {
    return null;
  }
}
