import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { explainedS3, isBucketMissing, isMissing, mayPass } from './s3Errors.ts';
import type { S3Settings } from './s3Settings.ts';
import { type MediaStore, requireMediaKey, StorageError } from './store.ts';
import { removeStrayObjects } from './strayObjects.ts';
import { createThrottle } from './throttle.ts';

/**
 * The smallest part that S3 accepts: a few copies of each part in progress are in memory. The limit of ten thousand parts is 50
 * GB.
 */
const partBytes = 5 * 1024 * 1024;
const partsAtOnce = 2;

/** A process holds the parts of at most that many objects in memory, however slow the server is. */
const maxUploads = 4;

/** In milliseconds. Gives up on a server that does not answer. A part of 5 MiB over 1 Mbit/s takes 42 s. */
const timeouts = {
  connectionTimeout: 5_000,
  socketTimeout: 30_000,
  requestTimeout: 120_000,
  throwOnRequestTimeout: true,
};

/** Stores media in a bucket of Amazon S3 or a compatible service. */
export function createS3Store(settings: S3Settings): MediaStore {
  const client = openClient(settings);
  const { bucket: Bucket } = settings;
  const at = (key: string) => {
    requireMediaKey(key);
    return { Bucket, Key: key };
  };
  const explained = <T>(work: () => Promise<T>) => explainedS3(settings, work);
  const throttled = createThrottle(maxUploads, (error) => error instanceof Error && mayPass(error));

  const open = async (object: { Bucket: string; Key: string }): Promise<Readable> => {
    const { Body } = await client.send(new GetObjectCommand(object));
    if (!(Body instanceof Readable)) throw new StorageError(`The bucket ${Bucket} gave an object without a body.`);
    return Body;
  };

  const sizeOf = async (object: { Bucket: string; Key: string }): Promise<number | null> => {
    try {
      return (await client.send(new HeadObjectCommand(object))).ContentLength ?? null;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  };

  /** Throws with the server's own reason if the bucket cannot be used. A HEAD needs the same permission but would give no reason. */
  const reachBucket = async () => await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));

  const remove = async (key: string) => {
    const object = at(key);
    await explained(() => client.send(new DeleteObjectCommand(object)));
  };

  return {
    put: async (key, file, signal) => {
      const object = at(key);
      signal?.throwIfAborted();
      const { size } = await stat(file.path);
      if (size !== file.bytes) {
        throw new StorageError(`A media file has ${size} bytes where ${file.bytes} were measured.`);
      }
      await explained(async () => {
        try {
          await throttled(() => upload(client, object, file, signal), signal);
        } catch (error) {
          // If the answer to the last call was lost, repeating the call reports that there is no such upload. Then we check the
          // object itself: its key contains a hash of its content. If the fault may pass, the caller uploads everything again.
          const isGivenUp = error instanceof Error && !signal?.aborted && !mayPass(error);
          if (!isGivenUp || (await sizeOf(object).catch(() => null)) !== file.bytes) throw error;
        }
      });
    },
    open: async (key) => {
      const object = at(key);
      return await explained(() => open(object));
    },
    read: async (key) => {
      const object = at(key);
      return await explained(async () => buffer(await open(object)));
    },
    size: async (key) => {
      const object = at(key);
      return await explained(() => sizeOf(object));
    },
    link: async (key) => {
      const object = at(key);
      if (settings.publicUrl !== null) return { kind: 'url', url: `${settings.publicUrl}/${key}`, expiresAt: null };
      const expiresIn = settings.linkHours * 3_600;
      const url = await explained(() => getSignedUrl(client, new GetObjectCommand(object), { expiresIn }));
      return { kind: 'url', url, expiresAt: new Date(Date.now() + expiresIn * 1_000) };
    },
    remove,
    removeStrays: (search) => removeStrayObjects({ client, settings, remove }, search),
    prepare: async () =>
      await explained(async () => {
        try {
          await reachBucket();
          return 'there';
        } catch (error) {
          if (!isBucketMissing(error)) throw error;
        }
        // Create the bucket only if it is missing. A key may lack this permission. And for a bucket that we own already, Amazon's
        // oldest region takes the call as a request to reset its access rules.
        try {
          await client.send(new CreateBucketCommand({ Bucket }));
          return 'made';
        } catch (error) {
          if (!(error instanceof Error && /^BucketAlready(OwnedByYou|Exists)$/.test(error.name))) throw error;
          // Another process was faster. Servers differ in the error for a bucket that we own already, so check whether we can use it.
          await reachBucket().catch(() => Promise.reject(error));
          return 'there';
        }
      }),
    check: async () => {
      const object = { Bucket, Key: `check/${randomUUID()}` };
      await explained(async () => {
        await client.send(new PutObjectCommand({ ...object, Body: 'VidGenie' }));
        try {
          if ((await text(await open(object))) !== 'VidGenie') {
            throw new StorageError(`The bucket ${Bucket} does not give back what was written to it.`);
          }
        } finally {
          await client.send(new DeleteObjectCommand(object));
        }
      });
    },
  };
}

export function openClient({ endpoint, region, credentials }: S3Settings): S3Client {
  return new S3Client({
    region,
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === null
      ? {}
      : {
          credentials: {
            accessKeyId: credentials.accessKeyId,
            secretAccessKey: credentials.secretAccessKey.reveal(),
          },
        }),
    // Many compatible servers support neither the newer checksums nor the trailers that carry them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Every call here may be repeated: the same key always has the same content.
    maxAttempts: 4,
    requestHandler: timeouts,
  });
}

/**
 * Streams a file in parts. A reader sees the old object or the whole new one. An interrupted upload removes the parts that it has
 * sent.
 */
async function upload(
  client: S3Client,
  object: { Bucket: string; Key: string },
  file: { path: string; mime: string },
  signal?: AbortSignal,
): Promise<void> {
  const body = createReadStream(file.path, { highWaterMark: 1024 * 1024 });
  const sending = new Upload({
    client,
    params: { ...object, Body: body, ContentType: file.mime },
    partSize: partBytes,
    queueSize: partsAtOnce,
  });
  const abort = () => {
    sending.abort().catch(() => undefined);
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await sending.done();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    body.destroy();
  }
}
