import type { Frame, Layer, LayerPlane } from './frame.ts';

/** The view of a layer: the point in the middle of the frame, and the enlargement. */
export type View = { x: number; y: number; zoom: number };

export type Compositor = (frame: Frame, views: readonly View[]) => void;

// This file is the inner loop of the whole studio: two million pixels for each frame. It therefore counts in integers (7 bits
// between two neighbors), stretches a row once, skips empty or hidden parts, and allocates nothing per frame.

/** Draws layers over one another, each resampled at sub-pixel positions. The first one is opaque and at the back. */
export function createCompositor(layers: readonly Layer[], width: number, height: number): Compositor {
  const luma = createPlaneDrawer(
    layers.map((layer) => layer.luma),
    width,
    height,
    1,
  );
  const blue = createPlaneDrawer(
    layers.map((layer) => layer.chroma[0]),
    width >> 1,
    height >> 1,
    2,
  );
  const red = createPlaneDrawer(
    layers.map((layer) => layer.chroma[1]),
    width >> 1,
    height >> 1,
    2,
  );
  return (frame, views) => {
    luma(frame.y, views);
    blue(frame.u, views);
    red(frame.v, views);
  };
}

/** One row of a layer, stretched to the width of the frame. */
type Stretched = { values: Uint16Array; alpha: Uint16Array; row: number };

/** How the frame's rows and columns map to a layer at a moment. */
type Mapping = {
  left: number;
  step: number;
  columns: Int32Array;
  shares: Int32Array;
  rows: Int32Array;
  rowShares: Int32Array;
};

function createPlaneDrawer(planes: readonly LayerPlane[], width: number, height: number, divisor: number) {
  const mappings = planes.map(
    (): Mapping => ({
      left: 0,
      step: 1,
      columns: new Int32Array(width),
      shares: new Int32Array(width),
      rows: new Int32Array(height),
      rowShares: new Int32Array(height),
    }),
  );
  const hiddenBelow = new Int32Array(height);
  const empty = (): Stretched => ({
    values: new Uint16Array(width),
    alpha: new Uint16Array(width),
    row: -1,
  });
  const mixed = createMixedRow(Math.max(...planes.map((plane) => plane.width)));
  let upper = empty();
  let lower = empty();

  const drawLayer = (target: Uint8Array, plane: LayerPlane, mapping: Mapping, index: number) => {
    upper.row = -1;
    lower.row = -1;
    for (let y = 0; y < height; y++) {
      const covering = hiddenBelow[y] ?? 0;
      if (covering > index) continue;
      const row = mapping.rows[y] ?? 0;
      const share = mapping.rowShares[y] ?? 0;
      if (covering === index) {
        mixRows(mixed, plane, row, share);
        fill(target, y * width, mixed.bytes, mapping);
        continue;
      }
      const visible = plane.visible[row];
      if (visible === undefined || visible.length === 0) continue;
      if (upper.row !== row && lower.row === row) {
        const spare = upper;
        upper = lower;
        lower = spare;
      }
      if (upper.row !== row) stretch(upper, plane, row, mapping);
      if (lower.row !== row + 1) stretch(lower, plane, row + 1, mapping);
      blend(target, y * width, visible, mapping, upper, lower, share);
    }
  };

  return (target: Uint8Array, views: readonly View[]): void => {
    hiddenBelow.fill(0);
    planes.forEach((plane, index) => {
      const mapping = mappings[index];
      const view = views[index];
      if (mapping === undefined || view === undefined) return;
      aim(mapping, plane, view, width, height, divisor);
      for (let y = 0; y < height; y++) {
        const row = mapping.rows[y] ?? 0;
        if (plane.solid[row] === 1 && plane.solid[row + 1] === 1) hiddenBelow[y] = index;
      }
    });
    planes.forEach((plane, index) => {
      const mapping = mappings[index];
      if (mapping !== undefined) drawLayer(target, plane, mapping, index);
    });
  };
}

function aim(mapping: Mapping, plane: LayerPlane, view: View, width: number, height: number, divisor: number): void {
  const step = 1 / view.zoom;
  mapping.step = step;
  mapping.left = view.x / divisor - (width / 2) * step + step / 2 - 0.5;
  const top = view.y / divisor - (height / 2) * step + step / 2 - 0.5;
  project(mapping.columns, mapping.shares, mapping.left, step, plane.width);
  project(mapping.rows, mapping.rowShares, top, step, plane.height);
}

function project(places: Int32Array, shares: Int32Array, start: number, step: number, length: number): void {
  for (let index = 0; index < places.length; index++) {
    const at = Math.min(length - 1.01, Math.max(0, start + index * step));
    const place = at | 0;
    places[index] = place;
    shares[index] = ((at - place) * 128) | 0;
  }
}

/** A row between two rows of a plane, as bytes and as words of four. */
type MixedRow = { bytes: Uint8Array; words: Uint32Array };

function createMixedRow(width: number): MixedRow {
  const words = new Uint32Array(Math.ceil(width / 4));
  return { words, bytes: new Uint8Array(words.buffer) };
}

/** Blends two neighboring rows, four pixels at a time: two in the even bytes of a word, two in the odd ones. */
function mixRows(into: MixedRow, plane: LayerPlane, row: number, share: number): void {
  const { words } = into;
  const source = plane.words;
  const count = plane.width >> 2;
  const here = row * count;
  const below = here + count;
  const rest = 128 - share;
  for (let index = 0; index < count; index++) {
    const a = source[here + index] ?? 0;
    const b = source[below + index] ?? 0;
    const even = Math.imul(a & 0xff00ff, rest) + Math.imul(b & 0xff00ff, share) + 0x400040;
    const odd = Math.imul((a >>> 8) & 0xff00ff, rest) + Math.imul((b >>> 8) & 0xff00ff, share) + 0x400040;
    words[index] = ((even >>> 7) & 0xff00ff) | (((odd >>> 7) & 0xff00ff) << 8);
  }
}

function fill(target: Uint8Array, base: number, source: Uint8Array, { columns, shares }: Mapping): void {
  for (let x = 0; x < columns.length; x++) {
    const column = columns[x] ?? 0;
    const here = source[column] ?? 0;
    target[base + x] = ((here << 7) + Math.imul((source[column + 1] ?? 0) - here, shares[x] ?? 0) + 64) >> 7;
  }
}

/** Resamples one row to the width of the frame, in the columns where the row or its neighbors are visible. */
function stretch(into: Stretched, plane: LayerPlane, row: number, mapping: Mapping): void {
  const { columns, shares } = mapping;
  const base = row * plane.width;
  into.row = row;
  const reach = plane.reach[row];
  if (reach === undefined) return;
  for (let pair = 0; pair < reach.length; pair += 2) {
    const from = columnFrom(reach[pair] ?? 0, mapping);
    const to = columnTo(reach[pair + 1] ?? 0, mapping);
    interpolate(into.values, plane.values, base, columns, shares, from, to);
    interpolate(into.alpha, plane.alpha, base, columns, shares, from, to);
  }
}

const columnFrom = (source: number, { left, step }: Mapping) => Math.max(0, Math.floor((source - left) / step) - 2);
const columnTo = (source: number, { left, step, columns }: Mapping) =>
  Math.min(columns.length, Math.ceil((source - left) / step) + 2);

function interpolate(
  into: Uint16Array,
  source: Uint8Array,
  base: number,
  columns: Int32Array,
  shares: Int32Array,
  from: number,
  to: number,
): void {
  for (let x = from; x < to; x++) {
    const index = base + (columns[x] ?? 0);
    const here = source[index] ?? 0;
    into[x] = (here << 7) + ((source[index + 1] ?? 0) - here) * (shares[x] ?? 0);
  }
}

function blend(
  target: Uint8Array,
  base: number,
  visible: Int32Array,
  mapping: Mapping,
  upper: Stretched,
  lower: Stretched,
  share: number,
): void {
  const a = upper.values;
  const b = lower.values;
  const alphaA = upper.alpha;
  const alphaB = lower.alpha;
  for (let pair = 0; pair < visible.length; pair += 2) {
    const to = columnTo(visible[pair + 1] ?? 0, mapping);
    for (let x = columnFrom(visible[pair] ?? 0, mapping); x < to; x++) {
      const here = alphaA[x] ?? 0;
      const opacity = ((here << 7) + ((alphaB[x] ?? 0) - here) * share + 8192) >> 14;
      if (opacity === 0) continue;
      const value = a[x] ?? 0;
      const added = ((value << 7) + ((b[x] ?? 0) - value) * share + 8192) >> 14;
      const index = base + x;
      target[index] = opacity === 255 ? added : added + (((target[index] ?? 0) * (255 - opacity) * 257 + 32_768) >> 16);
    }
  }
}

/** Draws a layer of the frame's own size over the frame, without movement: captions and marks. */
export function overlay(frame: Frame, layer: Layer): void {
  const over = (target: Uint8Array, { values, alpha, width, height, visible }: LayerPlane) => {
    for (let row = 0; row < height; row++) {
      const pairs = visible[row];
      if (pairs === undefined) continue;
      for (let pair = 0; pair < pairs.length; pair += 2) {
        const end = row * width + (pairs[pair + 1] ?? 0);
        for (let index = row * width + (pairs[pair] ?? 0); index < end; index++) {
          const rest = 255 - (alpha[index] ?? 0);
          target[index] = (values[index] ?? 0) + (((target[index] ?? 0) * rest * 257 + 32_768) >> 16);
        }
      }
    }
  };
  over(frame.y, layer.luma);
  over(frame.u, layer.chroma[0]);
  over(frame.v, layer.chroma[1]);
}
