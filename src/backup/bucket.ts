import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { openClient } from '../pipeline/media/s3.ts';
import { explainedS3, isBucketMissing, isMissing } from '../pipeline/media/s3Errors.ts';
import type { S3Settings } from '../pipeline/media/s3Settings.ts';
import { BackupError } from './error.ts';
import type { Place } from './place.ts';

/** S3 takes at most ten thousand parts of an upload, each of at least 5 MiB. */
const leastPartBytes = 5 * 1024 * 1024;
const mostParts = 9_000;

/** A backup as objects below a prefix of a bucket. */
export function openBucket(settings: S3Settings, prefix: string): Place & { isEmpty: () => Promise<boolean> } {
  const client = openClient(settings);
  const { bucket: Bucket } = settings;
  const at = (name: string) => ({ Bucket, Key: `${prefix}/${name}` });
  const explained = <T>(work: () => Promise<T>) => explainedHere(settings, work);
  return {
    name: `s3://${Bucket}/${prefix}`,
    isDurable: true,
    isEmpty: () =>
      explained(async () => {
        const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: `${prefix}/`, MaxKeys: 1 }));
        return (page.Contents ?? []).length === 0;
      }),
    size: (name) =>
      explained(async () => {
        try {
          return (await client.send(new HeadObjectCommand(at(name)))).ContentLength ?? null;
        } catch (error) {
          if (isMissing(error)) return null;
          throw error;
        }
      }),
    write: (name, bytes, content) =>
      explained(async () => {
        let seen = 0;
        const counted = async function* () {
          for await (const piece of content) {
            seen += piece.length;
            yield piece;
          }
          // The upload then ends without an object.
          if (seen !== bytes) throw new BackupError(`${name} changed while it was copied.`);
        };
        const partSize = Math.max(leastPartBytes, Math.ceil(bytes / mostParts));
        const Body = Readable.from(counted(), { objectMode: false });
        await new Upload({ client, params: { ...at(name), Body }, partSize, queueSize: 2 }).done();
      }),
    read: async function* (name) {
      const body = await explained(async () => {
        try {
          return (await client.send(new GetObjectCommand(at(name)))).Body;
        } catch (error) {
          if (isMissing(error)) throw new BackupError(`The backup is damaged: it has no ${name}.`);
          throw error;
        }
      });
      if (!(body instanceof Readable)) throw new BackupError(`The bucket ${Bucket} gave ${name} without a body.`);
      yield* body;
    },
    finish: async () => {},
    close: async () => client.destroy(),
  };
}

/** Our own errors are sentences already. */
async function explainedHere<T>(settings: S3Settings, work: () => Promise<T>): Promise<T> {
  const outcome = await explainedS3(settings, async () => {
    try {
      return { value: await work() };
    } catch (error) {
      if (error instanceof BackupError) return { error };
      if (isBucketMissing(error))
        return { error: new BackupError(`There is no bucket ${settings.bucket}: make it first.`) };
      throw error;
    }
  });
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
