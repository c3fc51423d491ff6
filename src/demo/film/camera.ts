import type { Random } from '../painting/random.ts';
import type { View } from './compositor.ts';

export type Move = 'push' | 'pull' | 'drift';

/** The camera move that the prompt asks for, in English or French. A slow push-in or drift otherwise. */
export function moveFor(prompt: string, random: Random): Move {
  if (/zoom.?out|pull.?(back|out)|recul|dezoom|dézoom/i.test(prompt)) return 'pull';
  if (/\bpan(ning)?\b|lateral|drift|arc\b|latéral|dérive/i.test(prompt)) return 'drift';
  if (/zoom|push|travelling avant|glide|avancée/i.test(prompt)) return 'push';
  return random.pick(['push', 'push', 'drift']);
}

/**
 * The view of each depth at a moment (`share` is 0–1 of the film). Near depths move further than far ones. Layers are `scale`
 * times as large as the frame, and no view ever leaves them.
 */
export function viewsAt(
  move: Move,
  share: number,
  depths: number,
  frame: { width: number; height: number },
  scale: number,
  side: 1 | -1,
): View[] {
  // Slow at both ends, so that the film starts and stops gently.
  const eased = 0.5 - 0.5 * Math.cos(Math.PI * (0.06 + 0.88 * share));
  return Array.from({ length: depths }, (_, depth) => {
    const nearness = depths === 1 ? 0.7 : depth / (depths - 1);
    const travel = 0.03 + 0.085 * nearness ** 1.3;
    const progress = move === 'pull' ? 1 - eased : eased;
    const enlarged = move === 'drift' ? 1.03 + travel * 0.9 + 0.012 * progress : 1.015 + travel * progress;
    const room = (frame.width / 2) * (1 - 1 / enlarged);
    const slide = move === 'drift' ? room * 0.85 * (eased * 2 - 1) * side : room * 0.4 * side * progress;
    return {
      x: (frame.width / 2 + slide) * scale,
      // The ground stays in place while the sky rises. That looks like moving closer.
      y: (frame.height / 2 + (frame.height / 2) * (1 - 1 / enlarged) * 0.25) * scale,
      zoom: enlarged / scale,
    };
  });
}
