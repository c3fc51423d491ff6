/** A picture that takes longer to decode, or to write, is none that people make. For sharp's `timeout`. */
export const decodingLimit = { seconds: 30 } as const;

/** Pictures that are decoded at the same time in a process: each takes a core, and up to 200 MB. */
const atOnce = 2;

let free = atOnce;
const waiting: (() => void)[] = [];

/** Does work that decodes a picture, when at most one other is being decoded. */
export async function decoding<T>(work: () => Promise<T>): Promise<T> {
  if (free > 0) free -= 1;
  // A finished decoding hands its slot to the next one.
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}
