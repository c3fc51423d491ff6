/** How long one call may take, in milliseconds. The pipeline sets the limits of a whole step (20 minutes for a video). */
export const deadlines = {
  /** Lists models to check a key, while somebody waits in a form. */
  check: 10_000,
  moderation: 15_000,
  enhance: 60_000,
  /** OpenAI's images take up to two minutes at high quality. Its SDK would wait for ten. */
  image: 180_000,
  /** Submits a video with its first frame. */
  submitVideo: 60_000,
  /** Submits a video to an own server. Some answer only when the video is made. */
  makeVideo: 15 * 60_000,
  poll: 30_000,
  /** Veo's answer contains the whole video, which is large in 4K. */
  pollLargeVideo: 180_000,
  cancel: 10_000,
  /** A download may take long, but it must not stall for longer than this. */
  idleDownload: 60_000,
} as const;
