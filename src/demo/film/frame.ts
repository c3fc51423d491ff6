/** One frame of the film in ffmpeg's input format: YUV 4:2:0, BT.709, limited range. */
export type Frame = {
  width: number;
  height: number;
  y: Uint8Array;
  u: Uint8Array;
  v: Uint8Array;
  /** The three planes in a row, as they are sent. */
  bytes: Uint8Array;
};

export function createFrame(width: number, height: number): Frame {
  const luma = width * height;
  const bytes = new Uint8Array(luma + luma / 2);
  return {
    width,
    height,
    bytes,
    y: bytes.subarray(0, luma),
    u: bytes.subarray(luma, luma + luma / 4),
    v: bytes.subarray(luma + luma / 4),
  };
}

/** Mixes another frame of the same size into a frame. A `share` of 1 replaces it. */
export function dissolve(frame: Frame, over: Frame, share: number): void {
  const weight = Math.round(share * 256);
  const rest = 256 - weight;
  const [below, above] = [frame.bytes, over.bytes];
  for (let at = 0; at < below.length; at += 1) {
    below[at] = ((below[at] ?? 0) * rest + (above[at] ?? 0) * weight + 128) >> 8;
  }
}

export type Yuv = { y: number; u: number; v: number };

/** BT.709, limited range, from `#rrggbb`. */
export function yuvOf(colour: string): Yuv {
  const value = Number.parseInt(colour.slice(1), 16);
  const red = (value >> 16) & 255;
  const green = (value >> 8) & 255;
  const blue = value & 255;
  return {
    y: 16 + 0.1826 * red + 0.6142 * green + 0.062 * blue,
    u: 128 - 0.1006 * red - 0.3386 * green + 0.4392 * blue,
    v: 128 + 0.4392 * red - 0.3989 * green - 0.0403 * blue,
  };
}

/** A depth of the image: planes premultiplied by alpha, with the visible columns of each row. */
export type Layer = {
  width: number;
  height: number;
  luma: LayerPlane;
  /** The two color planes, at half the width and height. */
  chroma: readonly [LayerPlane, LayerPlane];
};

export type LayerPlane = {
  width: number;
  height: number;
  values: Uint8Array;
  /** The same bytes, four to a word. */
  words: Uint32Array;
  alpha: Uint8Array;
  /** 1 where the whole row is opaque. */
  solid: Uint8Array;
  /** The visible columns of each row and the row below it, as pairs: from, up to. */
  visible: readonly Int32Array[];
  /** The same, including the row above. */
  reach: readonly Int32Array[];
};

/** Converts RGBA from sharp. The width must be a multiple of eight and the height of two. */
export function layerFrom(rgba: Uint8Array, width: number, height: number): Layer {
  const luma = new Uint8Array(width * height);
  const alpha = new Uint8Array(width * height);
  const halfWidth = width >> 1;
  const halfHeight = height >> 1;
  const sums = new Float32Array(halfWidth * halfHeight * 3);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const index = row * width + column;
      const red = rgba[index * 4] ?? 0;
      const green = rgba[index * 4 + 1] ?? 0;
      const blue = rgba[index * 4 + 2] ?? 0;
      const opacity = rgba[index * 4 + 3] ?? 0;
      const share = opacity / 255;
      luma[index] = Math.round((16 + 0.1826 * red + 0.6142 * green + 0.062 * blue) * share);
      alpha[index] = opacity;
      const half = ((row >> 1) * halfWidth + (column >> 1)) * 3;
      sums[half] = (sums[half] ?? 0) + (128 - 0.1006 * red - 0.3386 * green + 0.4392 * blue) * share;
      sums[half + 1] = (sums[half + 1] ?? 0) + (128 + 0.4392 * red - 0.3989 * green - 0.0403 * blue) * share;
      sums[half + 2] = (sums[half + 2] ?? 0) + opacity;
    }
  }
  const quarter = (offset: number) =>
    Uint8Array.from({ length: halfWidth * halfHeight }, (_, index) => Math.round((sums[index * 3 + offset] ?? 0) / 4));
  const halfAlpha = quarter(2);
  const chroma = (offset: number) => plane(halfWidth, halfHeight, quarter(offset), halfAlpha);
  return { width, height, luma: plane(width, height, luma, alpha), chroma: [chroma(0), chroma(1)] };
}

function plane(width: number, height: number, values: Uint8Array, alpha: Uint8Array): LayerPlane {
  const solid = new Uint8Array(height);
  for (let row = 0; row < height; row++) {
    solid[row] = alpha.subarray(row * width, (row + 1) * width).every((opacity) => opacity === 255) ? 1 : 0;
  }
  const spansOver = (row: number, from: number, to: number) =>
    spans(alpha, width, Math.max(0, row + from), Math.min(height - 1, row + to));
  const rows = Array.from({ length: height }, (_, row) => row);
  return {
    width,
    height,
    values,
    alpha,
    solid,
    words: new Uint32Array(values.buffer),
    visible: rows.map((row) => spansOver(row, 0, 1)),
    reach: rows.map((row) => spansOver(row, -1, 1)),
  };
}

/** Pairs of columns between which some of the rows are visible. Short gaps are included, because an extra pair would cost more. */
function spans(alpha: Uint8Array, width: number, firstRow: number, lastRow: number): Int32Array {
  const shortestGap = 24;
  const found: number[] = [];
  let from = -1;
  let end = -1;
  for (let column = 0; column < width; column++) {
    let visible = false;
    for (let row = firstRow; row <= lastRow; row++) visible ||= alpha[row * width + column] !== 0;
    if (!visible) continue;
    if (from >= 0 && column - end > shortestGap) {
      found.push(from, end);
      from = column;
    }
    if (from < 0) from = column;
    end = column + 1;
  }
  if (from >= 0) found.push(from, end);
  return Int32Array.from(found);
}
