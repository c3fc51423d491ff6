/** The result of `work`, or null if it takes longer than `ms` milliseconds. Rejects if `work` fails before that. */
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

/** True if `work` is done within `ms` milliseconds. Rejects if `work` fails before that. */
export const settlesWithin = async (ms: number, work: Promise<unknown>): Promise<boolean> =>
  (await resultWithin(
    ms,
    work.then(() => true),
  )) ?? false;
