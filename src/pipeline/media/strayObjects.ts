import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { explainedS3 } from './s3Errors.ts';
import type { S3Settings } from './s3Settings.ts';
import { type MediaStore, mediaFolders, type StraySearch } from './store.ts';

type Bucket = { client: S3Client; settings: S3Settings; remove: MediaStore['remove'] };

/** `MediaStore.removeStrays`, for the objects and the multipart uploads of a bucket. */
export async function removeStrayObjects(bucket: Bucket, search: StraySearch): Promise<number> {
  let removed = 0;
  for (const folder of mediaFolders) {
    if (search.signal.aborted) break;
    const ours = `${folder}/`;
    removed += await removeObjects(bucket, ours, search);
    removed += await explainedS3(bucket.settings, () => unlessUnknown(() => abortUploads(bucket, ours, search)));
  }
  return removed;
}

async function removeObjects(
  { client, settings, remove }: Bucket,
  ours: string,
  { before, straysAmong, signal }: StraySearch,
) {
  let removed = 0;
  let from: string | undefined;
  do {
    const asked = { Bucket: settings.bucket, Prefix: ours, ContinuationToken: from };
    const page: ListObjectsV2CommandOutput = await explainedS3(settings, () =>
      client.send(new ListObjectsV2Command(asked)),
    );
    const keys = (page.Contents ?? []).flatMap(({ Key, LastModified }) =>
      Key !== undefined && LastModified !== undefined && LastModified < before ? [Key] : [],
    );
    for (const key of keys.length === 0 ? [] : await straysAmong(keys)) {
      await remove(key);
      removed += 1;
    }
    from = page.NextContinuationToken;
  } while (from !== undefined && !signal.aborted);
  return removed;
}

/** S3 keeps the parts of an upload, and charges for them, until the upload is aborted. */
async function abortUploads(
  { client, settings }: Bucket,
  ours: string,
  { before, signal }: StraySearch,
): Promise<number> {
  let aborted = 0;
  let from: Markers | null = {};
  while (from !== null && !signal.aborted) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket: settings.bucket, Prefix: ours, ...from }),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Initiated === undefined || Initiated >= before) continue;
      await client
        .send(new AbortMultipartUploadCommand({ Bucket: settings.bucket, Key, UploadId }))
        .catch(passOverEnded);
      aborted += 1;
    }
    from = nextOf(page);
  }
  return aborted;
}

type Markers = { KeyMarker?: string; UploadIdMarker?: string | undefined };

/** The position of the next page. Null after the last page, and if a server reports more pages without a position. */
function nextOf({ IsTruncated, NextKeyMarker, NextUploadIdMarker }: ListMultipartUploadsCommandOutput): Markers | null {
  if (!IsTruncated || NextKeyMarker === undefined) return null;
  return { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker };
}

function passOverEnded(error: unknown): void {
  if (!(error instanceof Error && error.name === 'NoSuchUpload')) throw error;
}

/** Servers without these calls clean up broken uploads in their own way. */
async function unlessUnknown(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && (error.name === 'NotImplemented' || error.name === 'MethodNotAllowed')) return 0;
    throw error;
  }
}
