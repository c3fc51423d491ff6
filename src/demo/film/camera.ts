import type { Random } from '../painting/random.ts';
import type { View } from './compositor.ts';
import type { Leg } from './operation.ts';

type Move = 'push' | 'pull' | 'drift';

/** The camera move that a prompt asks for, in English or French. Null if it asks for none. */
function askedMove(prompt: string): Move | null {
  if (/zoom.?out|pull.?(back|out)|recul|dezoom|dézoom/i.test(prompt)) return 'pull';
  if (/\bpan(ning)?\b|lateral|drift|arc\b|latéral|dérive/i.test(prompt)) return 'drift';
  if (/zoom|push|travelling avant|glide|avancée/i.test(prompt)) return 'push';
  return null;
}

/** The position of the camera, in shares of what the layers allow. */
export type Position = {
  /** The enlargement of all depths alike. */
  lens: number;
  /** The travel towards the scene, which enlarges near depths more than far ones. 1 is a whole push-in. */
  closeness: number;
  /** From -1, at the left end of the room that the enlargement gives, to 1. */
  slide: number;
};

type Path = (seconds: number) => Position;

/**
 * The camera's path through a film at a second of it. The first leg starts and stops gently. Each later leg begins with the
 * position and the speed with which the one before it ended, so nobody sees that the film was made longer. With an ending, the first
 * leg returns to where it began.
 */
export function cameraPath(
  legs: readonly [Leg, ...Leg[]],
  random: Random,
  { side, hasEnding }: { side: 1 | -1; hasEnding: boolean },
): Path {
  const [first, ...later] = legs;
  let move = askedMove(first.prompt) ?? random.pick(['push', 'push', 'drift']);
  const opening = hasEnding ? returningPath(first.seconds, side) : openingPath(move, first.seconds, side);
  let path = opening;
  let start = first.seconds;
  for (const { prompt, seconds } of later) {
    move = askedMove(prompt) ?? move;
    path = continued(path, start, seconds, move);
    start += seconds;
  }
  return path;
}

function openingPath(move: Move, length: number, side: 1 | -1): Path {
  return (seconds) => {
    // Slow at both ends, so that the film starts and stops gently.
    const eased = 0.5 - 0.5 * Math.cos(Math.PI * (0.06 + (0.88 * seconds) / length));
    if (move === 'drift') {
      return { lens: 0.015 + 0.012 * eased, closeness: 0.9, slide: 0.85 * (eased * 2 - 1) * side };
    }
    const progress = move === 'pull' ? 1 - eased : eased;
    return { lens: 0, closeness: progress, slide: 0.4 * side * progress };
  };
}

/** Goes nearer and comes back, because both the first and the last frame are whole pictures. */
function returningPath(length: number, side: 1 | -1): Path {
  return (seconds) => {
    const away = Math.sin(Math.PI * Math.min(1, seconds / length)) ** 2;
    return { lens: 0, closeness: 0.75 * away, slide: 0.3 * side * away };
  };
}

/** A leg of this many seconds moves the camera as far as a film of its own does. A shorter one moves it less. */
const wholeMoveSeconds = 6;
/** Beyond this the layers would look blurred. */
const maxCloseness = 2;

function continued(before: Path, start: number, length: number, move: Move): Path {
  const moment = 1 / 96;
  const from = before(start);
  const earlier = before(start - moment);
  const to = destination(from, move, Math.min(1, length / wholeMoveSeconds));
  const along = (name: keyof Position, share: number) =>
    curve(share, from[name], to[name], ((from[name] - earlier[name]) / moment) * length);
  return (seconds) => {
    if (seconds < start) return before(seconds);
    const share = (seconds - start) / length;
    return { lens: along('lens', share), closeness: along('closeness', share), slide: along('slide', share) };
  };
}

/** The end of a leg. At the end of its room, the camera turns back. */
function destination({ lens, closeness, slide }: Position, move: Move, reach: number): Position {
  const bounded = (value: number) => Math.min(0.85, Math.max(-0.85, value));
  if (move === 'drift') {
    const direction = slide > 0 ? -1 : 1;
    return {
      lens,
      closeness: closeness + (0.9 - closeness) * reach,
      slide: bounded(slide + 1.7 * direction * reach),
    };
  }
  const nearer = move === 'push' ? closeness + reach <= maxCloseness : closeness - reach < -0.05;
  const way = nearer ? reach : -reach;
  return { lens, closeness: Math.max(0, closeness + way), slide: bounded(slide * (1 + 0.5 * way)) };
}

/** A cubic curve that begins at a speed (per whole `share`) and ends at almost none. */
function curve(share: number, from: number, to: number, speed: number): number {
  const rest = 1 - share;
  const endSpeed = (to - from) * 0.3;
  const mean = share * share * (3 - 2 * share);
  return from + (to - from) * mean + speed * share * rest * rest - endSpeed * share * share * rest;
}

/**
 * The view of each depth from a position. Near depths move further than far ones. Layers are `scale` times as large as the frame,
 * and no view ever leaves them.
 */
export function viewsAt(
  { lens, closeness, slide }: Position,
  depths: number,
  frame: { width: number; height: number },
  scale: number,
): View[] {
  return Array.from({ length: depths }, (_, depth) => {
    const nearness = depths === 1 ? 0.7 : depth / (depths - 1);
    const travel = 0.03 + 0.085 * nearness ** 1.3;
    const enlarged = 1.015 + lens + travel * closeness;
    const room = (frame.width / 2) * (1 - 1 / enlarged);
    return {
      x: (frame.width / 2 + room * Math.min(1, Math.max(-1, slide))) * scale,
      // The ground stays in place while the sky rises. That looks like moving closer.
      y: (frame.height / 2 + (frame.height / 2) * (1 - 1 / enlarged) * 0.25) * scale,
      zoom: enlarged / scale,
    };
  });
}
