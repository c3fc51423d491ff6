/** `#rrggbb` throughout. */
export type Colour = string;

/** Blends in OKLab, because RGB gives a muddy color halfway between blue and orange. A `share` of 0 gives `from`, 1 gives `to`. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const a = toLab(from);
  const b = toLab(to);
  return fromLab(a.l + (b.l - a.l) * share, a.a + (b.a - a.a) * share, a.b + (b.b - a.b) * share);
}

/** Like {@link mix}, but keeps the chroma of the two: halfway between opposite hues there is no grey. */
export function mixVividly(from: Colour, to: Colour, share: number): Colour {
  const chroma = (colour: Colour) => {
    const { a, b } = toLab(colour);
    return Math.hypot(a, b);
  };
  const mixed = mix(from, to, share);
  const wanted = chroma(from) + (chroma(to) - chroma(from)) * share;
  return saturated(mixed, Math.min(3, wanted / Math.max(0.001, chroma(mixed))));
}

export const lighten = (colour: Colour, share: number) => mix(colour, '#ffffff', share);
export const darken = (colour: Colour, share: number) => mix(colour, '#05060f', share);

/** A color from lightness (0–1), chroma (0–0.3 is displayable for most hues) and hue in degrees. */
export function fromHue(lightness: number, chroma: number, degrees: number): Colour {
  const angle = (degrees * Math.PI) / 180;
  return fromLab(lightness, chroma * Math.cos(angle), chroma * Math.sin(angle));
}

/** Keeps the lightness, and takes the hue and most of the chroma of `tint`. */
export function tinted(colour: Colour, tint: Colour, share: number): Colour {
  const base = toLab(colour);
  const target = toLab(tint);
  const blend = (from: number, to: number) => from + (to - from) * share;
  return fromLab(base.l, blend(base.a, target.a), blend(base.b, target.b));
}

export function saturated(colour: Colour, factor: number): Colour {
  const { l, a, b } = toLab(colour);
  return fromLab(l, a * factor, b * factor);
}

/** Red, green and blue, 0–255. */
export function channels(colour: Colour): readonly [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** From red, green and blue, 0–255. */
export function colourOf([red, green, blue]: readonly [number, number, number]): Colour {
  return `#${((1 << 24) | (Math.round(red) << 16) | (Math.round(green) << 8) | Math.round(blue)).toString(16).slice(1)}`;
}

/** As eyes see it, 0–1. */
export const lightnessOf = (colour: Colour): number => toLab(colour).l;

type Lab = { l: number; a: number; b: number };

// The matrices are those of Björn Ottosson's OKLab.
function toLab(colour: Colour): Lab {
  const value = Number.parseInt(colour.slice(1), 16);
  const red = toLinear((value >> 16) & 255);
  const green = toLinear((value >> 8) & 255);
  const blue = toLinear(value & 255);
  const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const medium = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return {
    l: 0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    a: 1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    b: 0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  };
}

function fromLab(l: number, a: number, b: number): Colour {
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const red = fromLinear(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short);
  const green = fromLinear(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short);
  const blue = fromLinear(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short);
  return colourOf([red, green, blue]);
}

function toLinear(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function fromLinear(value: number): number {
  const bounded = Math.min(1, Math.max(0, value));
  const channel = bounded <= 0.0031308 ? bounded * 12.92 : 1.055 * bounded ** (1 / 2.4) - 0.055;
  return Math.round(channel * 255);
}
