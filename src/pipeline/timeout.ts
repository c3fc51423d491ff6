/** The result of some work, or null if it takes longer than `ms` milliseconds. A failure before that is a failure here too. */
export async function resultWithin<T>(ms: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** True if some work is done within `ms` milliseconds. A failure before that is a failure here too. */
export const settlesWithin = async (ms: number, work: Promise<unknown>): Promise<boolean> =>
  (await resultWithin(
    ms,
    work.then(() => true),
  )) ?? false;
