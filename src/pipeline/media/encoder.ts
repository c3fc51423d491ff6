/** This process's encoder is in use. This is not a fault: the turn tries again after a short pause. */
export class EncoderBusy extends Error {
  override readonly name = 'EncoderBusy';
}

/**
 * In milliseconds. When a turn that found the encoder busy tries again. The pauses vary so that many turns do not return
 * together.
 */
export const encoderPauseMs = (random: () => number): number => Math.round(1_500 * (1 + random()));

/**
 * Runs one encoder at a time in a process: two at once would each take twice as long, with twice the memory. It does not wait,
 * because a waiting turn keeps other turns from starting. It throws {@link EncoderBusy} instead.
 */
export async function withEncoder<T>(work: () => Promise<T>): Promise<T> {
  requireFreeEncoder();
  isBusy = true;
  try {
    return await work();
  } finally {
    isBusy = false;
  }
}

/** Call this before work that is useful only if the encoder is free, such as fetching the video to encode. */
export function requireFreeEncoder(): void {
  if (isBusy) throw new EncoderBusy('the encoder is at work');
}

let isBusy = false;
