import type { Frame, Yuv } from './frame.ts';

export type Dab = {
  x: number;
  y: number;
  /** Half-axes in pixels, and the rotation of the first one in radians. */
  rx: number;
  ry: number;
  turn: number;
  colour: Yuv;
  /** Opacity in the middle, 0–1. */
  opacity: number;
  /** 1 fades from the middle outwards like a glow. Large numbers give a sharp edge. */
  hardness: number;
};

/** Draws a soft ellipse on a frame, at a sub-pixel position. */
export function dab(frame: Frame, one: Dab): void {
  ellipse(frame.y, frame.width, frame.height, one, one.colour.y, 1);
  ellipse(frame.u, frame.width >> 1, frame.height >> 1, one, one.colour.u, 2);
  ellipse(frame.v, frame.width >> 1, frame.height >> 1, one, one.colour.v, 2);
}

function ellipse(target: Uint8Array, width: number, height: number, one: Dab, value: number, divisor: number): void {
  const rx = Math.max(0.7, one.rx / divisor);
  const ry = Math.max(0.7, one.ry / divisor);
  const cx = one.x / divisor;
  const cy = one.y / divisor;
  const cos = Math.cos(one.turn);
  const sin = Math.sin(one.turn);
  // The bounding box of a rotated ellipse.
  const reachX = Math.sqrt(rx * rx * cos * cos + ry * ry * sin * sin);
  const reachY = Math.sqrt(rx * rx * sin * sin + ry * ry * cos * cos);
  const left = Math.max(0, Math.ceil(cx - reachX));
  const right = Math.min(width - 1, Math.floor(cx + reachX));
  const top = Math.max(0, Math.ceil(cy - reachY));
  const bottom = Math.min(height - 1, Math.floor(cy + reachY));
  for (let y = top; y <= bottom; y++) {
    const dy = y - cy;
    for (let x = left; x <= right; x++) {
      const dx = x - cx;
      const along = (dx * cos + dy * sin) / rx;
      const across = (dy * cos - dx * sin) / ry;
      const inside = 1 - along * along - across * across;
      if (inside <= 0) continue;
      const share = Math.min(1, inside * inside * one.hardness) * one.opacity;
      const index = y * width + x;
      const under = target[index] ?? 0;
      target[index] = under + (value - under) * share;
    }
  }
}
