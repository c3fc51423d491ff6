import { type Canvas, n, vertical } from './canvas.ts';
import { letter } from './lettering.ts';
import { caption, isDepicted } from './reading.ts';

/** The line above the caption of a prompt that the painter has no picture for. */
const undepicted = {
  en: 'This demo cannot draw that. These are only colours for:',
  fr: 'Cette démo ne sait pas dessiner cela. Juste des couleurs pour :',
} as const;

/**
 * The text on an image: the prompt, and a mark that this is a demo. Everything that the studio makes has the mark, so that nobody
 * takes it for the work of a model.
 */
export function credits(canvas: Canvas): string {
  const { width, height, unit, style, reading } = canvas;
  const bars = style === 'cinematic' ? letterbox(canvas) : '';
  const margin = unit * 34;
  const baseline = height - margin;
  const sign = mark(canvas);
  const size = unit * 21;
  const room = width - margin * 3 - sign.width;
  // A letter and its spacing are about as wide as a capital is high.
  const words = letter(caption(reading.clause, Math.floor(room / (size * 0.86))), size, 0.125);
  const note = isDepicted(reading) ? null : letter(undepicted[reading.language], unit * 17, 0.13);
  // On a narrow sheet the note is also above the mark, so only the sheet limits its width.
  const fit = note === null ? 1 : Math.min(1, (width - margin * 2) / note.width);
  const above = note
    ? `<g stroke="#fffaf0" transform="translate(${n(margin)} ${n(baseline - size * 1.9)}) scale(${fit.toFixed(3)})">${note.svg}</g>`
    : '';
  const band = vertical(canvas, [
    [0, '#070512', 0],
    [0.55, '#070512', 0.34],
    [1, '#070512', 0.6],
  ]);
  const rise = unit * (note === null ? 128 : 260);
  const shade = `<rect y="${n(height - rise)}" width="${n(width)}" height="${n(rise)}" fill="${band}"/>`;
  const left = `<g stroke="#fffaf0" transform="translate(${n(margin)} ${n(baseline)})">${words.svg}</g>`;
  const right = `<g transform="translate(${n(width - margin - sign.width)} ${n(baseline)})">${sign.svg}</g>`;
  return bars + shade + above + left + right;
}

/** "VidGenie demo" beside a spark, for images that get no caption from us. */
export function mark({ unit }: Pick<Canvas, 'unit'>): { svg: string; width: number } {
  const size = unit * 15;
  const words = letter('VidGenie demo', size, 0.135);
  const spark = size * 0.78;
  const star = `M0 ${n(-spark)}Q${n(spark * 0.14)} ${n(-spark * 0.14)} ${n(spark)} 0Q${n(spark * 0.14)} ${n(spark * 0.14)} 0 ${n(spark)}Q${n(-spark * 0.14)} ${n(spark * 0.14)} ${n(-spark)} 0Q${n(-spark * 0.14)} ${n(-spark * 0.14)} 0 ${n(-spark)}Z`;
  const svg = `<path transform="translate(${n(spark)} ${n(-size * 0.5)})" d="${star}" fill="#ffd989"/><g stroke="#fffaf0" opacity="0.9" transform="translate(${n(spark * 2 + size * 0.5)} 0)">${words.svg}</g>`;
  return { svg, width: words.width + spark * 2 + size * 0.5 };
}

function letterbox({ width, height }: Canvas): string {
  const bar = width > height ? (height - width / 2.2) / 2 : height * 0.045;
  if (bar < 2) return '';
  return `<rect width="${n(width)}" height="${n(bar)}" fill="#050408"/><rect y="${n(height - bar)}" width="${n(width)}" height="${n(bar)}" fill="#050408"/>`;
}
