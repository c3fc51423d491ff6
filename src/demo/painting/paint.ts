import sharp, { type Sharp } from 'sharp';
import { bleed } from './bleed.ts';
import { credits } from './credits.ts';
import { type Depth, dressed, graded, rasterise, texture } from './finish.ts';
import { readPrompt } from './reading.ts';
import { describeRecipe, type Recipe } from './recipe.ts';
import { composeScene, type Sheet } from './scene.ts';
import { fog, weather } from './weather.ts';

/** Paints a prompt as PNG. The same prompt on the same sheet gives the same pixels. */
export async function paint(prompt: string, sheet: Sheet): Promise<Buffer> {
  const { canvas, depths } = compose(prompt, sheet);
  const drawing = depths.far + depths.middle + depths.near + dressed(canvas, 'near', weather(canvas));
  const picture = graded(rasterise(canvas, drawing).removeAlpha(), sheet.style);
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixels = sheet.style === 'watercolor' ? bleed(data, info, canvas.unit) : data;
  const over = await rasterise(canvas, texture(canvas) + credits(canvas))
    .png({ compressionLevel: 1 })
    .toBuffer();
  return sharp(pixels, { raw: { width, height, channels } })
    .composite([{ input: over }])
    .withExif({
      IFD0: { Software: 'VidGenie demo studio', ImageDescription: describeRecipe({ prompt, style: sheet.style }) },
    })
    .removeAlpha()
    .png({ compressionLevel: 7 })
    .toBuffer();
}

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
export async function* paintDepths({ prompt, style }: Recipe, sheet: Size, plate: Size): AsyncGenerator<Pixels> {
  const { canvas, depths } = compose(prompt, { ...sheet, style });
  const share = Math.min(1, maxRasterSide / Math.max(plate.width, plate.height));
  const raster = { width: Math.round(plate.width * share), height: Math.round(plate.height * share) };
  for (const content of [depths.far, depths.middle, depths.near]) {
    const painted = await stretched(await pixelsOf(graded(rasterise(canvas, content, raster), style)), plate);
    if (style !== 'watercolor') yield painted;
    else {
      const unit = (canvas.unit * plate.width) / sheet.width;
      yield { ...painted, data: bleed(painted.data, { ...painted, channels: 4 }, unit) };
    }
  }
}

/** The still overlay of a film of a painted prompt: RGBA of the film's size. Of the textures, only paper belongs to it. */
export async function paintCredits({ prompt, style }: Recipe, sheet: Size, film: Size): Promise<Pixels> {
  const { canvas } = compose(prompt, { ...sheet, style });
  const paper = style === 'watercolor' ? texture(canvas) : '';
  return await pixelsOf(rasterise(canvas, paper + credits(canvas), film));
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

function compose(prompt: string, sheet: Sheet) {
  const scene = composeScene(readPrompt(prompt), sheet);
  const { canvas } = scene;
  const dress = (depth: Depth, content: string) => dressed(canvas, depth, content);
  const depths = {
    far: dress('far', scene.far),
    middle: dress('middle', scene.middle + fog(canvas)),
    near: dress('near', scene.near),
  };
  return { canvas, depths };
}
