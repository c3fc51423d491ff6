/** The position of the sun or the moon, for reflections and beams. */
export type Disc = { x: number; y: number; radius: number };
