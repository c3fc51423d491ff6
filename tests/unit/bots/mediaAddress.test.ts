import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAddressOf } from '../../../src/bots/mediaAddress.ts';
import { createMediaLinks } from '../../../src/bots/web/links.ts';
import { readConfig } from '../../../src/config.ts';
import { newKeyring, parseKeyring } from '../../../src/db/keyring.ts';
import { createFileStore } from '../../../src/pipeline/media/files.ts';
import { createS3Store } from '../../../src/pipeline/media/s3.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const key = 'runs/8e0f2f0e-2c4a-4a5e-9f6e-0d7a3f1b2c3d/image-00000000.png';
const now = new Date('2026-03-01T10:30:00Z');
const publicUrl = 'https://vidgenie.example';
const links = createMediaLinks(parseKeyring(newKeyring()));

/** A bucket that only programs inside its network can reach. */
function bucket(over: Record<string, string> = {}) {
  const account = { S3_ACCESS_KEY_ID: 'a', S3_SECRET_ACCESS_KEY: 'b' };
  const { s3 } = readConfig({ S3_BUCKET: 'vidgenie', S3_ENDPOINT: 'http://s3:7070', ...account, ...over });
  if (!s3) throw new Error('no S3 in the configuration');
  return createS3Store(s3);
}

const files = async () => createFileStore(join(await temporaryDirectory(), 'media'));

/** True if a link to the object opens at this moment, by the rules of the media server. */
function opens(url: string, at: Date): boolean {
  const { pathname, searchParams } = new URL(url);
  return pathname === `/media/${key}` && links.isSigned(key, Object.fromEntries(searchParams), at);
}

test('what lies in a bucket or on a disk is fetched from this server where people know it, until the moment that is told', async () => {
  for (const store of [bucket(), await files()]) {
    const address = await createAddressOf({ store, links, publicUrl, now: () => now })(key);
    expect(address?.url.startsWith(`${publicUrl}/media/`)).toBe(true);
    const expiresAt = address?.expiresAt ?? now;
    expect(opens(address?.url ?? '', expiresAt)).toBe(true);
    expect(opens(address?.url ?? '', new Date(expiresAt.getTime() + 1))).toBe(false);
  }
});

test('links on this server are good for as long as those of the bucket would be, and for a week from a disk', async () => {
  const hours = async (store: ReturnType<typeof bucket>, from: Date) => {
    const address = await createAddressOf({ store, links, publicUrl, now: () => now })(key);
    return ((address?.expiresAt?.getTime() ?? 0) - from.getTime()) / 3_600_000;
  };
  const brief = await hours(bucket({ S3_LINK_HOURS: '2' }), new Date());
  expect(brief).toBeGreaterThan(1.9);
  expect(brief).toBeLessThanOrEqual(3);
  expect(await hours(await files(), now)).toBe(168.5);
});

test('a bucket that has a public address is linked there, for ever, whether or not people know this server', async () => {
  const store = bucket({ S3_PUBLIC_URL: 'https://media.example' });
  for (const known of [publicUrl, null]) {
    const address = await createAddressOf({ store, links, publicUrl: known, now: () => now })(key);
    expect(address).toMatchObject({ url: `https://media.example/${key}`, expiresAt: null });
  }
});

test('where nobody knows this server a bucket signs its own links, and a disk has none', async () => {
  const addressIn = async (store: ReturnType<typeof bucket>) =>
    await createAddressOf({ store, links, publicUrl: null, now: () => now })(key);
  expect((await addressIn(bucket()))?.url).toMatch(/^http:\/\/s3:7070\/vidgenie\/.*X-Amz-Signature=/);
  expect(await addressIn(await files())).toBeNull();
});
