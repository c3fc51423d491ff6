/** The encoder of this process is at work for somebody else. Not a fault: whoever meets it comes back in a moment. */
export class EncoderBusy extends Error {
  override readonly name = 'EncoderBusy';
}

/** When a turn that found the encoder busy asks again, spread so that many do not come back together. Milliseconds. */
export const encoderPauseMs = (random: () => number): number => Math.round(1_500 * (1 + random()));

/**
 * One encoder at a time in a process: two side by side would each take twice as long, with twice the memory. Nobody waits for it, for a
 * turn that waits keeps others from being taken: throws {@link EncoderBusy} instead.
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

/** Asked before work that is of use only when the encoder is free, such as fetching what is to be encoded. */
export function requireFreeEncoder(): void {
  if (isBusy) throw new EncoderBusy('the encoder is at work');
}

let isBusy = false;
