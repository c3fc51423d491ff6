import { blur, type Canvas, n, outline, radial } from './canvas.ts';
import { type Colour, darken, lighten, mix } from './colour.ts';
import type { Disc } from './disc.ts';
import { lensOf } from './framing.ts';
import type { PlaceName, SubjectName } from './lexicon.ts';
import type { Backdrop } from './places/place.ts';
import { gallery } from './subjects/gallery.ts';
import type { Subject } from './subjects/subject.ts';
import { paperBoat } from './subjects/vessels.ts';

type Actor = { depth: 'middle' | 'near'; svg: string };
export type StagePlace = PlaceName | 'abstract';

type Spot = { x: number; foot: number; size: number; depth: Actor['depth'] };

type Stage = {
  actors: Actor[];
  /** A depth of the scene as its framing shows it. */
  view: (content: string) => string;
};

/** How large each variant shows the subjects. */
const sizes = [1, 0.72, 1.34, 1.1] as const;

/** Puts the subjects of a prompt at positions in this place that suit their kind, each facing the middle. */
export function stage(canvas: Canvas, place: StagePlace, backdrop: Backdrop, disc: Disc): Stage {
  const names = canvas.reading.subjects.slice(0, 2);
  const framed = lensOf(canvas.reading.framing);
  const lens = { ...framed, isMirrored: framed.isMirrored !== (canvas.variant % 2 === 0) };
  const size = lens.size * (sizes[(canvas.variant - 1) % sizes.length] ?? 1);
  // The first subject stands away from the sun, to balance the image.
  const side = disc.x < canvas.width / 2 ? 1 : -1;
  const cast = names.map((name, index) => {
    const isPaper = name === 'boat' && ['paper', 'papier', 'origami'].some((word) => canvas.reading.words.has(word));
    const subject = isPaper ? paperBoat : gallery[name];
    const away = canvas.variant === 1 ? 0.07 : 0.2;
    const share = names.length === 1 ? 0.5 + side * away : index === 0 ? 0.5 + side * 0.13 : 0.5 - side * 0.22;
    const x = canvas.width * (canvas.height > canvas.width ? 0.5 + (share - 0.5) * 0.85 : share);
    const spot = spotFor(canvas, place, backdrop, subject, { x, second: index > 0, alone: names.length === 1 });
    // A larger subject must not lose its head.
    const sized = {
      ...spot,
      size: size > 1 ? Math.min(spot.size * size, Math.max(spot.size, spot.foot * 0.94)) : spot.size * size,
    };
    return { spot: sized, actor: actor(canvas, name, subject, { spot: sized, place, disc }) };
  });
  const [first] = cast;
  const centre = {
    x: first?.spot.x ?? canvas.width / 2,
    y: first === undefined ? canvas.horizon : first.spot.foot - first.spot.size * lens.focus,
  };
  return { actors: cast.map((one) => one.actor), view: (content) => viewed(content, canvas, lens, centre) };
}

/** Moves the centre of a close view towards the middle of the sheet, but never past the sheet's edges. */
function viewed(
  content: string,
  { width, height }: Canvas,
  { zoom, isMirrored }: ReturnType<typeof lensOf>,
  centre: { x: number; y: number },
): string {
  if (zoom === 1 && !isMirrored) return content;
  const shift = (length: number, at: number) => Math.min(0, Math.max(length * (1 - zoom), length / 2 - at * zoom));
  const [x, y] = [shift(width, centre.x), shift(height, centre.y)];
  const across = isMirrored
    ? `translate(${n(width - x)} ${n(y)}) scale(${-zoom} ${zoom})`
    : `translate(${n(x)} ${n(y)}) scale(${zoom})`;
  return `<g transform="${across}">${content}</g>`;
}

function spotFor(
  canvas: Canvas,
  place: StagePlace,
  backdrop: Backdrop,
  subject: Subject,
  { x, second, alone }: { x: number; second: boolean; alone: boolean },
): Spot {
  const { unit, horizon, height } = canvas;
  const size = unit * 1000 * subject.height * (second ? 0.66 : alone ? 1 : 0.86);
  const weightless = place === 'space' || place === 'sky' || place === 'underwater' || place === 'abstract';
  if (weightless) {
    const middle = height * (second ? 0.36 : 0.48);
    return { x, foot: middle + size * 0.5, size: size * (subject.stance === 'landmark' ? 0.85 : 1), depth: 'near' };
  }
  switch (subject.stance) {
    case 'air':
      return { x, foot: horizon * (second ? 0.5 : 0.56) + size * 0.45, size, depth: 'middle' };
    case 'landmark': {
      const far = second;
      const foot = wet(place) ? horizon + unit * 90 : far ? horizon + unit * 42 : backdrop.groundAt(x) - unit * 50;
      return { x, foot, size: size * (far ? 0.95 : 1), depth: far ? 'middle' : 'near' };
    }
    case 'afloat':
    case 'immersed':
      if (wet(place)) return { x, foot: horizon + unit * (second ? 70 : 170), size, depth: 'near' };
      return { x, foot: backdrop.groundAt(x), size, depth: 'near' };
    case 'ground':
      return { x, foot: backdrop.groundAt(x) - (second ? unit * 40 : 0), size, depth: 'near' };
  }
}

const wet = (place: StagePlace) => place === 'sea' || place === 'lake';

function actor(
  canvas: Canvas,
  name: SubjectName,
  subject: Subject,
  { spot, place, disc }: { spot: Spot; place: StagePlace; disc: Disc },
): Actor {
  const { palette, width } = canvas;
  const fog = spot.depth === 'middle' ? 0.16 : 0;
  const tones = {
    tone: (colour: Colour) => mix(palette.tone(colour), palette.haze, fog),
    coat: (natural: Colour) => mix(palette.tone(palette.accent ?? natural), palette.haze, fog),
    light: palette.light,
    dark: palette.time === 'night' || palette.time === 'sunset',
    random: canvas.random.fork(name),
  };
  const drawing = subject.draw(tones);
  const beams = subject.beams?.(tones) ?? '';
  const scale = spot.size / 200;
  const mirrored = spot.x < width / 2 ? -1 : 1;
  const towards = disc.x < spot.x ? -1 : 1;
  const move = `translate(${n(spot.x)} ${n(spot.foot)}) scale(${(scale * mirrored).toFixed(4)} ${scale.toFixed(4)}) translate(-100 -200)`;
  const ink =
    canvas.style === 'anime' ? `stroke="${palette.tone('#1c1230')}" stroke-width="1.3" stroke-linejoin="round" ` : '';
  const standing = subject.stance === 'ground' || subject.stance === 'landmark';
  const settled = place !== 'space' && place !== 'sky' && place !== 'underwater' && place !== 'abstract';
  const under = standing && settled ? footing(canvas, spot, place) : '';
  return {
    depth: spot.depth,
    svg: `${under}<g transform="${move}">${beams}</g>${rimLight(canvas, drawing, move, mirrored, towards)}<g ${ink}transform="${move}">${drawing}</g>`,
  };
}

/** In low light, draws a bright edge on the side of the sun or moon, so that the subject stands out from its background. */
function rimLight(
  { palette, style }: Canvas,
  drawing: string,
  move: string,
  mirrored: 1 | -1,
  towards: 1 | -1,
): string {
  if (palette.time === 'day' || style === 'anime') return '';
  const pale = lighten(mix(palette.light, palette.glow, 0.5), 0.25);
  const cast = drawing.replaceAll(/(fill|stroke)="#[0-9a-f]{6}"/g, `$1="${pale}"`);
  return `<g transform="${move} translate(${towards * mirrored * 1.5} -1)" opacity="0.75">${cast}</g>`;
}

/** A soft shadow on land, or a rock to stand on in water. */
function footing(canvas: Canvas, spot: Spot, place: StagePlace): string {
  const { unit, palette, random } = canvas;
  const { x, foot, size } = spot;
  if (!wet(place)) {
    const fill = radial(canvas, [
      [0, palette.close, 0.5],
      [0.6, palette.close, 0.2],
      [1, palette.close, 0],
    ]);
    return `<ellipse cx="${n(x + size * 0.03)}" cy="${n(foot - size * 0.012)}" rx="${n(size * 0.52)}" ry="${n(size * 0.075)}" fill="${fill}"/>`;
  }
  const chance = random.fork('rock');
  const rock = mix(palette.close, palette.tone('#6a6f7d'), 0.35);
  const jag = () => unit * chance.between(-10, 10);
  const half = size * 0.62;
  const top = foot - unit * 6;
  const shape = outline([
    [x - half * 1.5, foot + unit * 110],
    [x - half * 1.1 + jag(), foot + unit * 46 + jag()],
    [x - half * 0.74 + jag(), top + unit * 16],
    [x - half * 0.4, top],
    [x + half * 0.42, top],
    [x + half * 0.8 + jag(), top + unit * 22],
    [x + half * 1.2 + jag(), foot + unit * 62 + jag()],
    [x + half * 1.6, foot + unit * 110],
  ]);
  const foam = `<ellipse cx="${n(x)}" cy="${n(foot + unit * 106)}" rx="${n(half * 1.9)}" ry="${n(unit * 16)}" fill="${lighten(palette.haze, 0.5)}" opacity="0.55" filter="${blur(canvas, unit * 5)}"/>`;
  const light = `<path d="${shape}" fill="${darken(rock, 0.2)}"/><path d="M${n(x - half * 0.4)} ${n(top)}L${n(x + half * 0.42)} ${n(top)}L${n(x + half * 0.2)} ${n(top + unit * 60)}L${n(x - half * 0.1)} ${n(top + unit * 26)}Z" fill="${mix(rock, palette.light, 0.3)}" opacity="0.6"/>`;
  return light + foam;
}
