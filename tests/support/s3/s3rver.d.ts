declare module 's3rver' {
  import type { RequestListener } from 'node:http';

  /** The parts of s3rver's options that we use; it comes without types. */
  export default class S3rver {
    constructor(options: { directory: string; silent: boolean; vhostBuckets: boolean; resetOnClose: boolean });
    callback(): RequestListener;
  }
}
