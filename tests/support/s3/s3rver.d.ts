declare module 's3rver' {
  import type { RequestListener } from 'node:http';

  /** The options of s3rver that we use. It has no types of its own. */
  export default class S3rver {
    constructor(options: { directory: string; silent: boolean; vhostBuckets: boolean; resetOnClose: boolean });
    callback(): RequestListener;
  }
}
