import sharp, { type Sharp } from 'sharp';
import type { Style } from '../../domain.ts';
import { blur, type Canvas, n } from './canvas.ts';
import { smoothstep } from './clouds.ts';
import { createNoise, textured } from './noise.ts';

export type Depth = 'far' | 'middle' | 'near';

/** The effect of a style on each depth of a scene while it is still a drawing. */
export function dressed(canvas: Canvas, depth: Depth, content: string): string {
  const { style, unit } = canvas;
  if (style === 'photo' && depth !== 'near') {
    return `<g filter="${blur(canvas, unit * (depth === 'far' ? 2.4 : 1.5))}">${content}</g>`;
  }
  return content;
}

/** Renders SVG content on the canvas' sheet, stretched to another size if one is given. */
export function rasterise(canvas: Canvas, content: string, to: { width: number; height: number } = canvas): Sharp {
  const { width, height } = canvas;
  const size = `width="${to.width}" height="${to.height}" viewBox="0 0 ${width} ${height}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size} preserveAspectRatio="none"><defs>${canvas.definitions()}</defs>${content}</svg>`;
  return sharp(Buffer.from(svg), { unlimited: true });
}

/** The colours of a style, once the drawing is pixels. */
export function graded(image: Sharp, style: Style): Sharp {
  switch (style) {
    case 'vivid':
      return image.modulate({ saturation: 1.22 }).linear(1.05, -5);
    case 'natural':
      return image;
    case 'cinematic':
      return image
        .modulate({ saturation: 0.92 })
        .recomb([
          [1.06, 0.02, -0.04],
          [0.0, 0.98, 0.02],
          [-0.02, 0.05, 1.0],
        ])
        .linear(1.12, -16);
    case 'anime':
      return image.modulate({ saturation: 1.38, brightness: 1.04 });
    case 'photo':
      return image.modulate({ saturation: 0.86 }).linear(1.06, -8);
    case 'watercolor':
      return image.modulate({ saturation: 1.05 }).linear(0.8, 46);
  }
}

/** The texture over the finished image: the dark corners of a lens, the grain of film, the roughness of paper. */
export function texture(canvas: Canvas): string {
  const { width, height, style } = canvas;
  const corners = canvas.define(
    (id) =>
      `<radialGradient id="${id}" cx="0.5" cy="0.48" r="0.75"><stop offset="0.55" stop-color="#060414" stop-opacity="0"/><stop offset="1" stop-color="#060414" stop-opacity="${style === 'cinematic' || style === 'photo' ? 0.55 : 0.28}"/></radialGradient>`,
  );
  const vignette = `<rect width="${n(width)}" height="${n(height)}" fill="${corners}"/>`;
  if (style === 'watercolor') return paper(canvas);
  return style === 'cinematic' || style === 'photo' ? vignette + noise(canvas, 0.62, 0.16) : vignette;
}

function noise(canvas: Canvas, frequency: number, strength: number): string {
  const { width, height } = canvas;
  const grain = canvas.define(
    (id) =>
      `<filter id="${id}" x="0" y="0" width="100%" height="100%"><feTurbulence type="fractalNoise" baseFrequency="${frequency}" numOctaves="2" seed="7"/><feColorMatrix values="0 0 0 0 0.5 0 0 0 0 0.5 0 0 0 0 0.5 ${strength * 4} 0 0 0 ${-strength * 1.4}"/></filter>`,
  );
  return `<rect width="${n(width)}" height="${n(height)}" filter="${grain}" opacity="0.5"/>`;
}

/** White paper that shows through thin washes, and an edge where the brush stopped. */
function paper(canvas: Canvas): string {
  const { width, height, unit, random } = canvas;
  const tooth = createNoise(random.fork('paper'));
  const reach = unit * 46;
  return textured(canvas, { x: 0, y: 0, width, height }, (across, down) => {
    const x = (across * width) / unit;
    const y = (down * height) / unit;
    const wash = smoothstep(0.42, 0.78, tooth(x / 210, y / 210)) * 0.34;
    const grain = (tooth(x / 9, y / 9) - 0.5) * 0.2;
    const edge = Math.min(across * width, (1 - across) * width, down * height, (1 - down) * height);
    const ragged = edge + (tooth(x / 60, y / 60) - 0.5) * unit * 70;
    const bare = 1 - smoothstep(reach * 0.62, reach, ragged);
    return [252, 248, 238, Math.min(1, Math.max(0, wash + grain, bare))];
  });
}
