import { expect, test } from 'vitest';
import { newEncryption, openEncryption } from '../../../src/backup/encryption.ts';
import { collected, once } from '../../../src/backup/place.ts';

// A passphrase takes its time, so all lengths have the same.
const { facts, codec } = await newEncryption('correct horse battery staple');
const opened = await openEncryption('correct horse battery staple', facts);

test.each([0, 1, 65_535, 65_536, 65_537, 200_000])(
  '%i bytes come back from as many bytes as were foretold, and from no fewer and no more',
  async (bytes) => {
    const plain = Buffer.alloc(bytes, 'fox');
    const stored = await collected(codec.encode('name', once(plain)));
    expect(stored.length).toBe(codec.storedBytes(bytes));
    expect(plain.equals(await collected(opened.decode('name', once(stored))))).toBe(true);
    const chunk = 65_536 + 16;
    const cuts = [0, 16, stored.length - 1, 16 + chunk * Math.floor((stored.length - 17) / chunk)];
    for (const end of cuts.filter((cut) => cut < stored.length))
      await expect(collected(opened.decode('name', once(stored.subarray(0, end))))).rejects.toThrow('is damaged');
    const longer = Buffer.concat([stored, Buffer.alloc(1)]);
    await expect(collected(opened.decode('name', once(longer)))).rejects.toThrow('is damaged');
    await expect(collected(opened.decode('other', once(stored)))).rejects.toThrow('is damaged');
  },
);
