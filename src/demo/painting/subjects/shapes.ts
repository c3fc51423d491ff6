import { outline, type Point } from '../canvas.ts';
import type { Colour } from '../colour.ts';

/** A smooth filled shape through points. */
export const blob = (fill: Colour, points: readonly Point[]) => `<path d="${outline(points)}" fill="${fill}"/>`;

/** A filled shape by path data. */
export const path = (fill: Colour, data: string) => `<path d="${data}" fill="${fill}"/>`;

/** A round-ended line by path data. */
export const stroke = (colour: Colour, width: number, data: string) =>
  `<path d="${data}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;

export const oval = (fill: Colour, cx: number, cy: number, rx: number, ry: number, turn = 0) =>
  `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" fill="${fill}"${turn === 0 ? '' : ` transform="rotate(${turn} ${cx} ${cy})"`}/>`;

export const box = (fill: Colour, x: number, y: number, width: number, height: number, round = 0) =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${round}" fill="${fill}"/>`;

/** The mirror image about the vertical through `x`. */
export const mirrored = (svg: string, x: number) => `<g transform="translate(${x * 2} 0) scale(-1 1)">${svg}</g>`;
