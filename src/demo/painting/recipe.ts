import { z } from 'zod';
import { styles } from '../../domain.ts';

const colour = z.string().regex(/^#[0-9a-f]{6}$/);
const time = z.enum(['dawn', 'day', 'sunset', 'night']);

/** The colors of a picture: three bands from its top to its horizon, the ground, and its darkest and brightest parts. */
const swatches = z.object({ top: colour, middle: colour, low: colour, ground: colour, dark: colour, bright: colour });
export type Swatches = z.infer<typeof swatches>;

/** The features that an image shares with the pictures that it was given. */
const likeness = z.object({
  swatches,
  /** The mean color of all pictures. */
  mean: colour,
  time,
  /** The prompt of a picture with the same subject, whose figure this one shows again. Null if there is none. */
  figure: z.string().nullable(),
});
export type Likeness = z.infer<typeof likeness>;

/**
 * The recipe of an image, stored in its EXIF. The animator uses it to repaint the image in depths, so that the camera can move
 * through it. An image without a recipe (a member's own, or one of ours that was re-encoded) moves as one flat layer.
 */
const recipe = z.object({
  prompt: z.string(),
  style: z.enum(styles),
  /** From 2. The first variant has none. */
  variant: z.int().min(2).optional(),
  likeness: likeness.optional(),
  /** The exponents of red, green and blue that brought the finished painting nearer to the mean color of its likeness. */
  curves: z.tuple([z.number(), z.number(), z.number()]).optional(),
  /** The words of later edits, in their order. */
  edits: z.array(z.string()).optional(),
  /** The size of the sheet on which the image was composed, if it is not the size of the image. */
  sheet: z.object({ width: z.int().positive(), height: z.int().positive() }).optional(),
});
export type Recipe = z.infer<typeof recipe>;
export type Curves = NonNullable<Recipe['curves']>;

const prefix = 'VidGenie demo, a synthetic picture. Recipe: ';

/** EXIF text is ASCII by its standard, hence base64. */
export function describeRecipe(made: Recipe): string {
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
