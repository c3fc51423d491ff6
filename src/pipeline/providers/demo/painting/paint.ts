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

/** The same picture in depths, without what falls through it (a film lets that move): RGBA, each of `plate` size. */
export async function paintDepths({ prompt, style }: Recipe, size: Size, plate: Size) {
  const { canvas, depths } = compose(prompt, { ...size, style });
  const pixels = async (image: Sharp) => {
    const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  };
  const layer = async (content: string) => {
    const painted = await pixels(graded(rasterise(canvas, content, plate), style));
    if (style !== 'watercolor') return painted;
    return {
      ...painted,
      data: bleed(painted.data, { ...painted, channels: 4 }, (canvas.unit * plate.width) / size.width),
    };
  };
  const [far, middle, near, words] = await Promise.all([
    layer(depths.far),
    layer(depths.middle),
    layer(depths.near),
    // Of the textures, only paper belongs to a moving picture too.
    pixels(rasterise(canvas, (style === 'watercolor' ? texture(canvas) : '') + credits(canvas))),
  ]);
  return { layers: [far, middle, near], credits: words };
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
