import type { S3Settings } from './s3Settings.ts';
import { StorageError } from './store.ts';

/** Does work with a bucket. It turns a fault into a {@link StorageError} whose message says what to do. */
export async function explainedS3<T>(settings: S3Settings, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StorageError || !(error instanceof Error)) throw error;
    const isPassing = mayPass(error);
    throw new StorageError(sentenceFor(error, settings), { cause: error, isPassing });
  }
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchKey');

export const isBucketMissing = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchBucket');

function sentenceFor(error: Error, { bucket, endpoint, region }: S3Settings): string {
  const where = endpoint ?? `Amazon S3 in ${region}`;
  switch (error.name) {
    case 'InvalidAccessKeyId':
      return `${where} does not know S3_ACCESS_KEY_ID: correct it.`;
    case 'SignatureDoesNotMatch':
      return `${where} does not accept the signature: S3_SECRET_ACCESS_KEY does not belong to S3_ACCESS_KEY_ID.`;
    case 'RequestTimeTooSkewed':
      return `${where} finds the clock of this machine wrong: set it by NTP.`;
    case 'NoSuchBucket':
      return `There is no bucket ${bucket} at ${where}: make it with vidgenie migrate, or correct S3_BUCKET.`;
    case 'BucketAlreadyExists':
      return `The bucket name ${bucket} belongs to somebody else at ${where}: choose another S3_BUCKET.`;
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return `The bucket ${bucket} is not in the region ${region}: correct S3_REGION.`;
    case 'AccessDenied':
    case 'Forbidden':
      return `${where} denies access to the bucket ${bucket}: its key needs to read, write and delete objects there, and to list them (without that, what is missing looks forbidden). If the bucket is somebody else's, choose another S3_BUCKET.`;
    case 'NoSuchKey':
      return `There is no such object in the bucket ${bucket}.`;
    case 'CredentialsProviderError':
      return 'No credentials for S3 were found: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or give this machine a role.';
    default:
      return mayPass(error)
        ? `${where} cannot be reached or is overloaded (${reasonOf(error)}): check the network, or S3_ENDPOINT.`
        : `${where} refused a request for the bucket ${bucket} (${reasonOf(error)}).`;
  }
}

/** True for network faults, and for a server that is overloaded or fails. */
export function mayPass(error: Error): boolean {
  const status = statusOf(error);
  if (status !== null) return status >= 500 || status === 429 || status === 408;
  return error.name === 'TimeoutError' || codeOf(error) !== '';
}

function statusOf(error: Error): number | null {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return null;
  const { httpStatusCode } = { httpStatusCode: null, ...error.$metadata };
  return typeof httpStatusCode === 'number' ? httpStatusCode : null;
}

function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError || 'errors' in error) return error.name;
  return error.cause instanceof Error ? codeOf(error.cause) : '';
}

const reasonOf = (error: Error): string => codeOf(error) || error.message || error.name;
