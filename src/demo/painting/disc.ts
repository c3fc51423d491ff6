/** Where the sun or the moon stands, for reflections and beams. */
export type Disc = { x: number; y: number; radius: number };
