/** The limit for sharp's `timeout`. An ordinary image never takes longer to decode or write. */
export const decodingLimit = { seconds: 30 } as const;

/** How many images a process decodes at the same time. Each takes a core and up to 200 MB. */
const atOnce = 2;

let free = atOnce;
const waiting: (() => void)[] = [];

/** Does work that decodes an image, while at most one other image is being decoded. */
export async function decoding<T>(work: () => Promise<T>): Promise<T> {
  if (free > 0) free -= 1;
  // A finished decoding passes its slot to the next one.
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}
