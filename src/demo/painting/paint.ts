import sharp, { type Sharp } from 'sharp';
import { bleed } from './bleed.ts';
import { credits } from './credits.ts';
import { bend, curvesTowards } from './curves.ts';
import { airOf, gradesOfEdits } from './edits/edits.ts';
import { grade } from './edits/grades.ts';
import { type Depth, dressed, graded, rasterise, texture } from './finish.ts';
import { recalled } from './likeness.ts';
import { readPrompt } from './reading.ts';
import { describeRecipe, type Recipe } from './recipe.ts';
import { composeScene, type Sheet } from './scene.ts';
import { fog, weather } from './weather.ts';

/** Paints a prompt as PNG. The same prompt on the same sheet gives the same pixels. */
export async function paint(prompt: string, { style, ...sheet }: Sheet, manner: Manner = {}): Promise<Buffer> {
  return await paintRecipe({ prompt, style, ...manner }, sheet, sheet);
}

/** Paints a recipe as PNG of a size, composed on a sheet of the same shape. */
export async function paintRecipe(plan: Recipe, sheet: Size, size: Size): Promise<Buffer> {
  const { style, edits = [], likeness } = plan;
  const { canvas, depths } = compose(plan, sheet);
  const air = airOf(edits);
  const drawing =
    depths.far + depths.middle + depths.near + (air ? '' : dressed(canvas, 'near', weather(canvas, canvas.reading)));
  const picture = graded(rasterise(canvas, drawing, size).removeAlpha(), style);
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const raw = { width, height, channels };
  const curves = plan.curves ?? (likeness && (await curvesTowards(likeness.mean, sharp(data, { raw }))));
  if (curves) bend(data, channels, curves);
  grade(data, info, gradesOfEdits(edits));
  const pixels = style === 'watercolor' ? bleed(data, info, (canvas.unit * width) / sheet.width) : data;
  const particles = air ? weather(canvas, { weather: [air] }) : '';
  const over = await rasterise(canvas, particles + texture(canvas) + credits(canvas, edits.at(-1) ?? null), size)
    .png({ compressionLevel: 1 })
    .toBuffer();
  const { sheet: _, ...kept } = plan;
  const recipe: Recipe = {
    ...kept,
    ...(curves && { curves }),
    ...(sheet.width !== size.width && { sheet: { width: sheet.width, height: sheet.height } }),
  };
  return sharp(pixels, { raw })
    .composite([{ input: over }])
    .withExif({ IFD0: { Software: madeBy, ImageDescription: describeRecipe(recipe) } })
    .removeAlpha()
    .png({ compressionLevel: 7 })
    .toBuffer();
}

/** EXIF's name of the software that made a picture. */
export const madeBy = 'VidGenie demo studio';

/** The variant of a picture, and its likeness to others. */
type Manner = Pick<Recipe, 'variant' | 'likeness'>;

type Size = { width: number; height: number };

type Pixels = Size & { data: Buffer };

/**
 * The longer side up to which drawings are rasterized directly: the SVG library takes 7 CPU-seconds for 3456 × 1944, and 76 for
 * 4144 × 2336. A larger image is drawn at this size and stretched.
 */
const maxRasterSide = 3456;

/**
 * The same image in depths, from the back to the front, without particles (a film moves them): RGBA, each of `plate` size. It is
 * composed on the sheet of the image itself, because the random numbers would differ on another sheet. One depth is painted after
 * the other, so that no more than one 4K depth is in memory.
 */
export async function* paintDepths(recipe: Recipe, sheet: Size, plate: Size): AsyncGenerator<Pixels> {
  const { style, curves, edits = [] } = recipe;
  const { canvas, depths } = compose(recipe, sheet);
  const share = Math.min(1, maxRasterSide / Math.max(plate.width, plate.height));
  const raster = { width: Math.round(plate.width * share), height: Math.round(plate.height * share) };
  for (const content of [depths.far, depths.middle, depths.near]) {
    const drawn = await pixelsOf(graded(rasterise(canvas, content, raster), style));
    if (curves) bend(drawn.data, 4, curves);
    grade(drawn.data, { ...drawn, channels: 4 }, gradesOfEdits(edits));
    const painted = await stretched(drawn, plate);
    if (style !== 'watercolor') yield painted;
    else {
      const unit = (canvas.unit * plate.width) / sheet.width;
      yield { ...painted, data: bleed(painted.data, { ...painted, channels: 4 }, unit) };
    }
  }
}

/** The still overlay of a film of a painted prompt: RGBA of the film's size. Of the textures, only paper belongs to it. */
export async function paintCredits(recipe: Recipe, sheet: Size, film: Size): Promise<Pixels> {
  const { canvas } = compose(recipe, sheet);
  const paper = recipe.style === 'watercolor' ? texture(canvas) : '';
  return await pixelsOf(rasterise(canvas, paper + credits(canvas, recipe.edits?.at(-1) ?? null), film));
}

/** Scales pixels, not the drawing: sharp would redraw an enlarged SVG at the larger size. */
async function stretched(painted: Pixels, { width, height }: Size): Promise<Pixels> {
  if (painted.width === width && painted.height === height) return painted;
  const raw = { width: painted.width, height: painted.height, channels: 4 } as const;
  return await pixelsOf(sharp(painted.data, { raw }).resize({ width, height, fit: 'fill', kernel: 'cubic' }));
}

async function pixelsOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

function compose({ prompt, style, variant, likeness }: Recipe, { width, height }: Size) {
  const reading = recalled(readPrompt(prompt), likeness?.figure ?? null);
  const scene = composeScene(reading, { width, height, style }, { variant: variant ?? 1, likeness: likeness ?? null });
  const { canvas } = scene;
  const dress = (depth: Depth, content: string) => dressed(canvas, depth, content);
  const depths = {
    far: dress('far', scene.far),
    middle: dress('middle', scene.middle + fog(canvas)),
    near: dress('near', scene.near),
  };
  return { canvas, depths };
}
