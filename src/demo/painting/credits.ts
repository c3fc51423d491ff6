import { type Canvas, n, vertical } from './canvas.ts';
import { effectsOf } from './edits/words.ts';
import { letter } from './lettering.ts';
import { caption, isDepicted, type Reading, readPrompt } from './reading.ts';

/** The line above the caption of a prompt that the painter has no picture for. */
const undepicted = {
  en: 'This demo cannot draw that. These are only colours for:',
  fr: 'Cette démo ne sait pas dessiner cela. Juste des couleurs pour :',
} as const;

/** The same for an edit that the painter cannot make. */
export const unchanged = {
  en: 'This demo cannot change that. Only other colours for:',
  fr: 'Cette démo ne sait pas changer cela. Juste d’autres couleurs pour :',
} as const;

/**
 * The text on an image: the prompt, and a mark that this is a demo. Everything that the studio makes has the mark, so that nobody
 * takes it for the work of a model.
 */
export function credits(canvas: Canvas, edit: string | null = null): string {
  const { width, height, unit, style, reading } = canvas;
  const bars = style === 'cinematic' ? letterbox(canvas) : '';
  const margin = unit * 34;
  const baseline = height - margin;
  const sign = mark(canvas);
  const size = unit * 21;
  const room = width - margin * 3 - sign.width;
  // A letter and its spacing are about as wide as a capital is high.
  const said = captionOf(reading.clause, edit, Math.floor(room / (size * 0.86)));
  const words = letter(said, size, 0.125);
  const missing = noteOn(reading, edit);
  const note = missing === null ? null : letter(missing, unit * 17, 0.13);
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

/** The prompt, and the last edit after it. */
function captionOf(clause: string, edit: string | null, longest: number): string {
  if (edit === null) return caption(clause, longest);
  const last = caption(edit, Math.floor(longest * 0.6));
  return `${caption(clause, Math.max(12, longest - last.length - 3))} + ${last}`;
}

function noteOn(reading: Reading, edit: string | null): string | null {
  if (edit !== null && effectsOf(edit).length === 0) return unchanged[readPrompt(edit).language];
  return isDepicted(reading) ? null : undepicted[reading.language];
}

/** "VidGenie demo" beside a spark, for images that get no caption from us. */
function mark({ unit }: Pick<Canvas, 'unit'>): { svg: string; width: number } {
  const size = unit * 15;
  const words = letter('VidGenie demo', size, 0.135);
  const spark = size * 0.78;
  const star = `M0 ${n(-spark)}Q${n(spark * 0.14)} ${n(-spark * 0.14)} ${n(spark)} 0Q${n(spark * 0.14)} ${n(spark * 0.14)} 0 ${n(spark)}Q${n(-spark * 0.14)} ${n(spark * 0.14)} ${n(-spark)} 0Q${n(-spark * 0.14)} ${n(-spark * 0.14)} 0 ${n(-spark)}Z`;
  const svg = `<path transform="translate(${n(spark)} ${n(-size * 0.5)})" d="${star}" fill="#ffd989"/><g stroke="#fffaf0" opacity="0.9" transform="translate(${n(spark * 2 + size * 0.5)} 0)">${words.svg}</g>`;
  return { svg, width: words.width + spark * 2 + size * 0.5 };
}

/**
 * The mark as a drawing of its own, over an image that the studio did not paint. `note` is a line in the other corner. The image beneath
 * may have any color, so the letters have a dark outline, and the note has a dark ground.
 */
export function markOver({ width, height }: { width: number; height: number }, note: string | null = null): string {
  const unit = Math.min(width, height) / 1000;
  const sign = mark({ unit });
  const margin = unit * 34;
  const at = `translate(${n(width - margin - sign.width)} ${n(height - margin)})`;
  const dark = sign.svg.replaceAll(/#[0-9a-f]{6}/g, '#000000');
  const rim = `<g transform="${at}" opacity="0.5"><g transform="translate(0 ${n(unit * 1.6)})" stroke="#000000">${dark}</g></g>`;
  const chip = note === null ? '' : chipOf(note, unit, { left: margin, top: margin, room: width - margin * 2 });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${chip}${rim}<g transform="${at}">${sign.svg}</g></svg>`;
}

function chipOf(note: string, unit: number, { left, top, room }: { left: number; top: number; room: number }): string {
  const pad = unit * 14;
  const line = letter(note, unit * 17, 0.13);
  const fit = Math.min(1, (room - pad * 2) / line.width);
  const size = `width="${n(line.width * fit + pad * 2)}" height="${n(unit * 17 + pad * 2)}" rx="${n(unit * 8)}"`;
  const words = `<g stroke="#fffaf0" transform="translate(${n(pad)} ${n(pad + unit * 17)}) scale(${fit.toFixed(3)})">${line.svg}</g>`;
  return `<g transform="translate(${n(left)} ${n(top)})"><rect ${size} fill="#100d1c"/>${words}</g>`;
}

function letterbox({ width, height }: Canvas): string {
  const bar = width > height ? (height - width / 2.2) / 2 : height * 0.045;
  if (bar < 2) return '';
  return `<rect width="${n(width)}" height="${n(bar)}" fill="#050408"/><rect y="${n(height - bar)}" width="${n(width)}" height="${n(bar)}" fill="#050408"/>`;
}
