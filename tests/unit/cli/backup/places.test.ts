import { expect, test } from 'vitest';
import { openBucket } from '../../../../src/backup/bucket.ts';
import { withDatabase } from '../../../../src/cli/backup/places.ts';
import { testConfig } from '../../../support/config.ts';
import { deserted } from '../../../support/providers/server.ts';

test('an outage of S3 is told as that, and not as an outage of the database', async () => {
  const endpoint = await deserted();
  const account = { S3_REGION: 'us-east-1', S3_ACCESS_KEY_ID: 'any', S3_SECRET_ACCESS_KEY: 'any' };
  const s3 = { S3_BUCKET: 'backups', S3_ENDPOINT: endpoint, ...account };
  const config = testConfig('postgres://database.example/vidgenie', '/tmp/any', s3);
  const failing = withDatabase(config, { isRunningRefused: false }, async () => {
    if (!config.s3) throw new Error('there is no S3');
    await openBucket(config.s3, 'daily').size('backup.json');
  });
  await expect(failing).rejects.toMatchObject({ name: 'StorageError', message: expect.stringContaining(endpoint) });
});
