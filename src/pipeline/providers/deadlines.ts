/** How long one call may take, in milliseconds. A run's own limits (20 minutes for a video) are the pipeline's. */
export const deadlines = {
  /** Listing models, to check a key: somebody waits in a form. */
  check: 10_000,
  moderation: 15_000,
  enhance: 60_000,
  /** OpenAI's images take up to two minutes at high quality; its SDK would wait for ten. */
  image: 180_000,
  /** Handing a video over, its first frame included. */
  submitVideo: 60_000,
  poll: 30_000,
  cancel: 10_000,
  /** A download may take long, but not stand still for longer than this. */
  idleDownload: 60_000,
} as const;
