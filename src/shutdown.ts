/** A part that a stop ends, and how long it is waited for, in milliseconds. */
export type Closer = { part: string; close: () => Promise<void>; withinMs: number };

/** What is at the other end of a connection may be dead: nobody waits for it at a stop. Milliseconds. */
export const closeTimeoutMs = 1_000;
