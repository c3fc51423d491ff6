/** In milliseconds. */
const quietMs = 60_000;
/** More different messages than this are not remembered. */
const maxTold = 100;

/**
 * Passes on an error unless it passed on the same one within the last minute. An outage fails every call, and the disk of the log may
 * be what is full.
 */
export function sparingly(tell: (error: Error) => void, now: () => number = Date.now): (error: Error) => void {
  const told = new Map<string, number>();
  return (error) => {
    const last = told.get(error.message);
    if (last !== undefined && now() - last < quietMs) return;
    if (told.size >= maxTold) told.clear();
    told.set(error.message, now());
    tell(error);
  };
}
