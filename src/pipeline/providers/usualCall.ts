/**
 * The tokens of an enhancer's call, rounded up. Read: our longest instructions, with the cast, have about 4,500 characters, a prompt has
 * 4,000 at most, and both together have about 2,200 tokens. The rest is for the form of the answer and for a picture. Written: the
 * most that an ordinary call may write (`maxOutputTokens`), thoughts included. A story of eight shots usually needs less.
 */
export const usualCall = { read: 4_000, written: 4_000 } as const;
