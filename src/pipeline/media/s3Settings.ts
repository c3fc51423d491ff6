import type { Secret } from '../../db/secret.ts';

/** The address of an S3 bucket and its credentials. */
export type S3Settings = {
  bucket: string;
  /** Null means Amazon's own endpoint of the region. */
  endpoint: string | null;
  region: string;
  /** Null lets the SDK find credentials (the environment, a profile, the machine's role). */
  credentials: { accessKeyId: string; secretAccessKey: Secret } | null;
  /** A public address of the objects, for example a CDN. Null makes signed links that expire. */
  publicUrl: string | null;
  linkHours: number;
};

type Variables = {
  S3_BUCKET?: string | undefined;
  S3_ENDPOINT?: string | undefined;
  S3_REGION: string;
  S3_ACCESS_KEY_ID?: string | undefined;
  S3_SECRET_ACCESS_KEY?: Secret | undefined;
  S3_PUBLIC_URL?: string | undefined;
  S3_LINK_HOURS: number;
};

/** Without a bucket, the other S3 variables are an error. So is a key without its secret. */
export function readS3Settings(read: Variables): { settings: S3Settings | null; problem: string | null } {
  const { S3_BUCKET, S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_PUBLIC_URL } = read;
  const given = { S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_PUBLIC_URL };
  const [stray] = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (!S3_BUCKET) {
    return {
      settings: null,
      problem: stray ? `${stray} needs S3_BUCKET as well; for example S3_BUCKET=vidgenie` : null,
    };
  }
  if ((S3_ACCESS_KEY_ID === undefined) !== (S3_SECRET_ACCESS_KEY === undefined)) {
    return { settings: null, problem: 'S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are set together, or not at all' };
  }
  const credentials =
    S3_ACCESS_KEY_ID && S3_SECRET_ACCESS_KEY
      ? { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY }
      : null;
  const settings = {
    bucket: S3_BUCKET,
    endpoint: S3_ENDPOINT ?? null,
    region: read.S3_REGION,
    credentials,
    publicUrl: S3_PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    linkHours: read.S3_LINK_HOURS,
  };
  return { settings, problem: null };
}
