import { type Canvas, n } from './canvas.ts';
import { type Colour, mix } from './colour.ts';
import type { Random } from './random.ts';

type Ground = (x: number) => number;

/** A dense row of pines along a line of ground, as one path: how a wood looks from afar. */
export function pineRow(
  canvas: Canvas,
  random: Random,
  ground: Ground,
  options: { height: number; spacing: number; colour: Colour; gap?: readonly [from: number, to: number] },
): string {
  let path = '';
  for (
    let x = -options.spacing;
    x < canvas.width + options.spacing;
    x += options.spacing * random.between(0.55, 1.35)
  ) {
    const height = options.height * random.between(0.55, 1.15);
    const open = options.gap !== undefined && x > options.gap[0] && x < options.gap[1];
    if (!open) path += pinePath(random, x, ground(x) + options.height * 0.06, height, 5);
  }
  return `<path d="${path}" fill="${options.colour}"/>`;
}

/** The jagged outline of one pine whose foot is at x, y. */
function pinePath(random: Random, x: number, y: number, height: number, tiers: number): string {
  const reach = height * 0.2;
  let left = '';
  let right = '';
  for (let tier = 1; tier <= tiers; tier++) {
    const depth = tier / tiers;
    const out = reach * depth ** 0.9 * random.between(0.82, 1.12);
    const level = y - height * (1 - depth * 0.9);
    const cut = `${n(level - height * 0.025)}`;
    left = `L${n(x - out * 0.45)} ${cut}L${n(x - out)} ${n(level)}${left}`;
    right += `L${n(x + out * random.between(0.9, 1.1))} ${n(level)}L${n(x + out * 0.45)} ${cut}`;
  }
  return `M${n(x)} ${n(y - height)}${right}L${n(x + height * 0.02)} ${n(y - height * 0.1)}V${n(y)}H${n(x - height * 0.02)}V${n(y - height * 0.1)}${left}Z`;
}

/** A single pine close by: overlapping boughs, a lit side, and snow on them when it has fallen. */
export function pine(
  random: Random,
  at: { x: number; y: number; height: number },
  colours: { dark: Colour; lit: Colour; snow: Colour | null },
): string {
  const { x, y, height } = at;
  const tiers = 8;
  let svg = `<rect x="${n(x - height * 0.018)}" y="${n(y - height * 0.1)}" width="${n(height * 0.036)}" height="${n(height * 0.11)}" fill="${mix(colours.dark, '#3a2414', 0.4)}"/>`;
  for (let tier = tiers; tier >= 1; tier--) {
    const depth = tier / tiers;
    const half = height * 0.25 * depth ** 0.85 * random.between(0.93, 1.07);
    const top = y - height * (1 - (depth - 1 / tiers) * 0.9);
    const foot = top + height * (0.13 + 0.05 * depth);
    const hem = (offset: number) => foot + height * 0.018 * random.between(-1, 1) - Math.abs(offset) * height * 0.02;
    const spread = [-1, -0.72, -0.42, -0.14, 0.16, 0.44, 0.74, 1];
    const edge = spread.map((part, index) => {
      const px = x + half * part;
      const py = hem(part);
      const dip = index === spread.length - 1 ? '' : `L${n(px + half * 0.13)} ${n(py - height * 0.024)}`;
      return `${n(px)} ${n(py)}${dip}`;
    });
    const crown = `M${n(x)} ${n(top - height * 0.015)}L${edge.join('L')}Z`;
    svg += `<path d="${crown}" fill="${mix(colours.dark, colours.lit, 0.12 + 0.5 * (1 - depth))}"/>`;
    const rightHalf = `M${n(x)} ${n(top - height * 0.015)}L${edge.slice(4).join('L')}Z`;
    svg += `<path d="${rightHalf}" fill="${colours.lit}" opacity="0.34"/>`;
    if (colours.snow !== null) svg += snowOn(random, x, top, foot, half, colours.snow);
  }
  return svg;
}

function snowOn(random: Random, x: number, top: number, foot: number, half: number, snow: Colour): string {
  const fall = foot - top;
  const patch = (side: number) => {
    const far = half * random.between(0.78, 0.96) * side;
    return `M${n(x)} ${n(top - fall * 0.08)}C${n(x + far * 0.35)} ${n(top + fall * 0.25)} ${n(x + far * 0.7)} ${n(top + fall * 0.62)} ${n(x + far)} ${n(foot - fall * 0.1)}C${n(x + far * 0.8)} ${n(foot - fall * 0.02)} ${n(x + far * 0.66)} ${n(foot - fall * 0.3)} ${n(x + far * 0.48)} ${n(foot - fall * 0.36)}C${n(x + far * 0.3)} ${n(foot - fall * 0.3)} ${n(x + far * 0.2)} ${n(top + fall * 0.36)} ${n(x)} ${n(top + fall * 0.3)}Z`;
  };
  return `<path d="${patch(-1)}" fill="${snow}" opacity="0.8"/><path d="${patch(1)}" fill="${snow}"/>`;
}

/** A leafy crown of overlapping clumps on a forked trunk. */
export function leafy(
  random: Random,
  at: { x: number; y: number; height: number },
  colours: { trunk: Colour; dark: Colour; lit: Colour },
): string {
  const { x, y, height } = at;
  const w = height * 0.035;
  let svg = `<path d="M${n(x - w)} ${n(y)}C${n(x - w * 0.6)} ${n(y - height * 0.25)} ${n(x - w)} ${n(y - height * 0.35)} ${n(x - w * 3)} ${n(y - height * 0.52)}L${n(x - w * 2.2)} ${n(y - height * 0.54)}L${n(x)} ${n(y - height * 0.4)}L${n(x + w * 2.6)} ${n(y - height * 0.58)}L${n(x + w * 3.4)} ${n(y - height * 0.55)}C${n(x + w * 1.2)} ${n(y - height * 0.34)} ${n(x + w * 0.7)} ${n(y - height * 0.2)} ${n(x + w * 1.3)} ${n(y)}Z" fill="${colours.trunk}"/>`;
  for (let index = 0; index < 130; index++) {
    const depth = index / 130;
    const angle = random.between(0, 6.28);
    const reach = Math.sqrt(random.next());
    const px = x + Math.cos(angle) * reach * height * 0.3;
    const py = y - height * 0.68 + Math.sin(angle) * reach * height * 0.22 - depth * height * 0.05;
    const size = height * random.between(0.04, 0.085) * (1.25 - depth * 0.6);
    const light = Math.min(
      1,
      Math.max(0, 0.55 - (py - (y - height * 0.68)) / (height * 0.5) + (px - x) / (height * 1.2)),
    );
    svg += `<circle cx="${n(px)}" cy="${n(py)}" r="${n(size)}" fill="${mix(colours.dark, colours.lit, light * depth ** 0.5)}"/>`;
  }
  return svg;
}
