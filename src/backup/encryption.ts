import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { BackupError } from './error.ts';

/**
 * How a passphrase becomes the key of a backup. `check` is made from the key, and tells a wrong passphrase before anything is read.
 */
export const encryptionFacts = z.object({
  cipher: z.literal('AES-256-GCM in chunks of 64 KiB'),
  kdf: z.literal('scrypt'),
  cost: z
    .int()
    .min(2 ** 14)
    .max(2 ** 20)
    .refine((cost) => Number.isInteger(Math.log2(cost)), 'scrypt takes a power of two'),
  salt: z.string(),
  check: z.string(),
});
export type EncryptionFacts = z.infer<typeof encryptionFacts>;

/** Encrypts and decrypts what a backup holds under a name. What was written under another name or in another backup does not open. */
export type Codec = {
  encode: (name: string, plain: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
  decode: (name: string, stored: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
  /** How many bytes so many bytes become. */
  storedBytes: (plain: number) => number;
};

/** For a backup that is not encrypted. */
export const plainCodec: Codec = {
  encode: (_, plain) => plain,
  decode: (_, stored) => stored,
  storedBytes: (plain) => plain,
};

const cipher = 'aes-256-gcm';
const keyBytes = 32;
const saltBytes = 16;
const tagBytes = 16;
const chunkBytes = 64 * 1024;
/** 128 MiB of memory and a third of a second for each guess. */
const cost = 2 ** 17;

export async function newEncryption(passphrase: string): Promise<{ facts: EncryptionFacts; codec: Codec }> {
  const salt = randomBytes(saltBytes);
  const key = await keyOf(passphrase, salt, cost);
  const facts = {
    cipher: 'AES-256-GCM in chunks of 64 KiB',
    kdf: 'scrypt',
    cost,
    salt: salt.toString('base64'),
    check: checkOf(key, salt).toString('base64'),
  } as const;
  return { facts, codec: codecOf(key, salt) };
}

/** Throws a {@link BackupError} if it is another passphrase. */
export async function openEncryption(passphrase: string, facts: EncryptionFacts): Promise<Codec> {
  const salt = Buffer.from(facts.salt, 'base64');
  const key = await keyOf(passphrase, salt, facts.cost);
  const [expected, found] = [Buffer.from(facts.check, 'base64'), checkOf(key, salt)];
  if (expected.length !== found.length || !timingSafeEqual(expected, found))
    throw new BackupError('The passphrase does not open this backup.');
  return codecOf(key, salt);
}

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);

const keyOf = (passphrase: string, salt: Buffer, N: number): Promise<Buffer> =>
  derive(passphrase.normalize('NFC'), salt, keyBytes, { N, r: 8, p: 1, maxmem: 256 * N * 8 });

const subkey = (key: Buffer, salt: Buffer, purpose: readonly string[]): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, JSON.stringify(['vidgenie backup', 1, ...purpose]), keyBytes));

const checkOf = (key: Buffer, salt: Buffer): Buffer => subkey(key, salt, ['check']);

function codecOf(key: Buffer, backupSalt: Buffer): Codec {
  const keyFor = (name: string, salt: Buffer) => subkey(key, Buffer.concat([backupSalt, salt]), ['content', name]);
  return {
    encode: async function* (name, plain) {
      const salt = randomBytes(saltBytes);
      yield salt;
      const contentKey = keyFor(name, salt);
      let at = 0;
      for await (const { chunk, isLast } of inChunks(plain, chunkBytes)) {
        const encryption = createCipheriv(cipher, contentKey, nonceOf(at, isLast), { authTagLength: tagBytes });
        yield Buffer.concat([encryption.update(chunk), encryption.final(), encryption.getAuthTag()]);
        at += 1;
      }
    },
    decode: async function* (name, stored) {
      let contentKey: Buffer | null = null;
      let at = 0;
      for await (const { chunk, isLast } of inChunks(
        afterSalt(stored, (salt) => {
          contentKey = keyFor(name, salt);
        }),
        chunkBytes + tagBytes,
      )) {
        if (contentKey === null || chunk.length < tagBytes) throw damaged(name);
        const split = chunk.length - tagBytes;
        const decryption = createDecipheriv(cipher, contentKey, nonceOf(at, isLast), { authTagLength: tagBytes });
        decryption.setAuthTag(chunk.subarray(split));
        const plain = decryption.update(chunk.subarray(0, split));
        try {
          decryption.final();
        } catch {
          throw damaged(name);
        }
        at += 1;
        yield plain;
      }
    },
    storedBytes: (plain) => saltBytes + plain + tagBytes * Math.max(1, Math.ceil(plain / chunkBytes)),
  };
}

/**
 * The number of the chunk, and whether it is the last: chunks in another order do not open, and neither does the content without
 * its end. A nonce is never used again, because each content has a random salt and so a key of its own.
 */
function nonceOf(at: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(at), 3);
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}

const damaged = (name: string) =>
  new BackupError(`The backup is damaged: ${name} was changed, cut off, or comes from another backup.`);

/** Cuts a stream into chunks of the same size. The last may be shorter; of nothing there is one empty chunk. */
async function* inChunks(
  from: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<{ chunk: Buffer; isLast: boolean }> {
  let kept: Buffer[] = [];
  let bytes = 0;
  for await (const piece of from) {
    kept.push(piece);
    bytes += piece.length;
    // One byte more has to be there, because the last chunk is marked.
    if (bytes <= size) continue;
    let all = Buffer.concat(kept);
    for (; all.length > size; all = all.subarray(size)) yield { chunk: all.subarray(0, size), isLast: false };
    kept = [all];
    bytes = all.length;
  }
  yield { chunk: Buffer.concat(kept), isLast: true };
}

async function* afterSalt(stored: AsyncIterable<Buffer>, onSalt: (salt: Buffer) => void): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const piece of stored) {
    if (head === null) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    if (head.length < saltBytes) continue;
    onSalt(head.subarray(0, saltBytes));
    yield head.subarray(saltBytes);
    head = null;
  }
}
