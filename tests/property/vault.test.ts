import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { type Keyring, newKeyring, parseKeyring } from '../../src/db/keyring.ts';
import { workspaceKeys } from '../../src/db/schema.ts';
import {
  fingerprintOf,
  matchesFingerprint,
  rewrap,
  SealError,
  type SecretSlot,
  seal,
  unseal,
} from '../../src/db/seal.ts';
import { Secret } from '../../src/db/secret.ts';
import {
  describeKeys,
  type KeySlot,
  listKeyAudit,
  noteKeyStatus,
  openKey,
  removeKey,
  rotateKeys,
  storeKey,
} from '../../src/db/vault.ts';
import { runId, type WorkspaceId } from '../../src/domain.ts';
import { everythingShownOf, googleCanary, openAiCanary, openAiKey } from '../support/canary.ts';
import { createVaultDatabase, createVaultWorkspace, storedKey } from '../support/vault-database.ts';

const older = newKeyring();
const oneKey = parseKeyring(older);
const twoKeys = parseKeyring(`${newKeyring().replace('k1', 'k2')},${older}`);

const here: SecretSlot = { workspaceId: 'terminal:here', provider: 'openai', purpose: 'api_key' };
const anySlot = fc.record({ workspaceId: fc.string(), provider: fc.string(), purpose: fc.string() });

describe('the seal', () => {
  test('any secret comes out as it went in, before and after a rotation', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), anySlot, (value, slot) => {
        const sealed = seal(oneKey, slot, new Secret(value));
        expect(unseal(oneKey, slot, sealed).reveal()).toBe(value);
        const rotated = { ...sealed, ...rewrap(twoKeys, slot, sealed) };
        expect(rotated.keyVersion).toBe('k2');
        expect(rotated.box).toEqual(sealed.box);
        expect(unseal(twoKeys, slot, rotated).reveal()).toBe(value);
      }),
    );
  });

  test('a secret opens nowhere but in its own place', () => {
    fc.assert(
      fc.property(anySlot, anySlot, (slot, other) => {
        fc.pre(JSON.stringify(slot) !== JSON.stringify(other));
        const sealed = seal(oneKey, slot, new Secret('a-secret-of-some-length'));
        expect(() => unseal(oneKey, other, sealed)).toThrow(SealError);
      }),
    );
    // If we joined the strings, these two slots would be the same.
    const sealed = seal(oneKey, { workspaceId: 'a:b', provider: 'c', purpose: 'd' }, new Secret('a-secret'));
    expect(() => unseal(oneKey, { workspaceId: 'a', provider: 'b:c', purpose: 'd' }, sealed)).toThrow(SealError);
  });

  test('every flipped bit of a box and of a wrapped key fails, as does every cut', () => {
    const sealed = seal(oneKey, here, openAiKey);
    for (const part of ['box', 'wrappedKey'] as const) {
      for (let index = 0; index < sealed[part].length; index += 1) {
        for (let bit = 0; bit < 8; bit += 1) {
          const bytes = Buffer.from(sealed[part]);
          bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << bit), index);
          expect(() => unseal(oneKey, here, { ...sealed, [part]: bytes })).toThrow(SealError);
        }
        expect(() => unseal(oneKey, here, { ...sealed, [part]: sealed[part].subarray(0, index) })).toThrow(SealError);
      }
    }
  });

  test('a changed last four, fingerprint or key version fails', () => {
    const sealed = seal(twoKeys, here, openAiKey);
    expect(() => unseal(twoKeys, here, { ...sealed, lastFour: 'XXXX' })).toThrow(SealError);
    expect(() => unseal(twoKeys, here, { ...sealed, fingerprint: `${sealed.fingerprint}0` })).toThrow(SealError);
    expect(() => unseal(twoKeys, here, { ...sealed, keyVersion: 'k1' })).toThrow(SealError);
  });

  test('the wrapped key itself is bound to its place and to its version, whatever the bytes of the keys', () => {
    const sealed = seal(oneKey, here, openAiKey);
    expect(() => rewrap(twoKeys, { ...here, workspaceId: 'terminal:there' }, sealed)).toThrow(SealError);
    const same = parseKeyring(`${older},${older.replace('k1', 'k2')}`);
    expect(() => unseal(same, here, { ...seal(same, here, openAiKey), keyVersion: 'k2' })).toThrow(SealError);
  });

  test('parts of two sealed secrets cannot be put together', () => {
    const one = seal(oneKey, here, openAiKey);
    const two = seal(oneKey, here, openAiKey);
    expect(one.box).not.toEqual(two.box);
    expect(() => unseal(oneKey, here, { ...one, box: two.box })).toThrow(SealError);
    expect(() => unseal(oneKey, here, { ...one, wrappedKey: two.wrappedKey })).toThrow(SealError);
  });

  test('a fingerprint knows its secret again, also after a rotation, and needs the keyring', () => {
    const { fingerprint } = seal(oneKey, here, openAiKey);
    expect(matchesFingerprint(twoKeys, fingerprint, openAiKey)).toBe(true);
    expect(matchesFingerprint(twoKeys, fingerprint, new Secret(googleCanary))).toBe(false);
    expect(fingerprintOf(parseKeyring(newKeyring()), 'k1', openAiKey)).not.toBe(fingerprint);
    expect(matchesFingerprint(parseKeyring(newKeyring().replace('k1', 'k9')), fingerprint, openAiKey)).toBe(false);
  });

  test('errors of the seal say nothing about the secret', () => {
    const sealed = seal(oneKey, here, openAiKey);
    for (const keyring of [twoKeys, parseKeyring(newKeyring()), parseKeyring(newKeyring().replace('k1', 'k9'))]) {
      try {
        unseal(keyring, { ...here, provider: 'google' }, sealed);
        throw new Error('it opened');
      } catch (error) {
        expect(everythingShownOf(error)).not.toMatch(/CANARY|it opened/);
      }
    }
  });
});

const checked = { by: 'an-admin', status: 'valid', at: new Date('2026-11-23T12:00:00Z') } as const;
const use = { actor: null, action: 'used' } as const;

async function vault(
  keyring: Keyring = oneKey,
): Promise<{ db: Db; slot: KeySlot; other: WorkspaceId; keyring: Keyring }> {
  const db = await createVaultDatabase();
  const workspaceId = await createVaultWorkspace(db, 'one');
  const other = await createVaultWorkspace(db, 'two');
  return { db, slot: { workspaceId, provider: 'openai', purpose: 'api_key' }, other, keyring };
}

describe('the vault', () => {
  test('a stored key is opened as it was, described by its last four, and its bytes are nowhere in the database', async () => {
    const { db, slot, keyring } = await vault();
    expect(await storeKey(db, keyring, slot, openAiKey, checked)).toEqual({ lastFour: 'WXYZ', same: false });
    expect((await openKey(db, keyring, slot, use))?.reveal()).toBe(openAiCanary);
    expect(await describeKeys(db, slot.workspaceId)).toMatchObject([
      { provider: 'openai', purpose: 'api_key', lastFour: 'WXYZ', status: 'valid', createdBy: 'an-admin' },
    ]);
    const dump = JSON.stringify([
      await db.execute(sql`SELECT encode(box, 'escape'), encode(wrapped_key, 'escape'), * FROM workspace_keys`),
      await db.execute(sql`SELECT * FROM key_audit`),
    ]);
    expect(dump).not.toContain('CANARY');
    expect(dump).not.toContain(Buffer.from(openAiCanary).toString('base64'));
    expect(dump).not.toContain(Buffer.from(openAiCanary).toString('hex'));
  });

  test('a key in the place of another replaces it, and the same one is recognised', async () => {
    const { db, slot, keyring } = await vault();
    await storeKey(db, keyring, slot, openAiKey, checked);
    expect((await storeKey(db, keyring, slot, openAiKey, checked)).same).toBe(true);
    expect((await storeKey(db, keyring, slot, new Secret(googleCanary), checked)).same).toBe(false);
    expect((await openKey(db, keyring, slot, use))?.reveal()).toBe(googleCanary);
    expect(await describeKeys(db, slot.workspaceId)).toHaveLength(1);
  });

  test('a removed key is gone, and removing it again removes nothing', async () => {
    const { db, slot, keyring } = await vault();
    await storeKey(db, keyring, slot, openAiKey, checked);
    expect(await removeKey(db, slot, { actor: 'an-admin' })).toBe(true);
    expect(await removeKey(db, slot, { actor: 'an-admin' })).toBe(false);
    expect(await openKey(db, keyring, slot, use)).toBeNull();
  });

  test.each(['workspace_id', 'provider', 'purpose'])(
    'a row whose %s was changed in the database does not open',
    async (column) => {
      const { db, slot, other, keyring } = await vault();
      await storeKey(db, keyring, slot, openAiKey, checked);
      const moved: KeySlot =
        column === 'workspace_id'
          ? { ...slot, workspaceId: other }
          : column === 'provider'
            ? { ...slot, provider: 'google' }
            : { ...slot, purpose: 'bot_token' };
      await db.update(workspaceKeys).set(moved).where(eq(workspaceKeys.workspaceId, slot.workspaceId));
      await expect(openKey(db, keyring, moved, use)).rejects.toThrow(SealError);
    },
  );

  test('two rows whose contents were swapped do not open', async () => {
    const { db, slot, other, keyring } = await vault();
    const theirs: KeySlot = { ...slot, workspaceId: other };
    await storeKey(db, keyring, slot, openAiKey, checked);
    await storeKey(db, keyring, theirs, new Secret(googleCanary), checked);
    for (const [from, to] of [
      [await storedKey(db, slot), theirs],
      [await storedKey(db, theirs), slot],
    ] as const) {
      const { box, wrappedKey, keyVersion, lastFour, fingerprint } = from;
      await db
        .update(workspaceKeys)
        .set({ box, wrappedKey, keyVersion, lastFour, fingerprint })
        .where(eq(workspaceKeys.workspaceId, to.workspaceId));
    }
    await expect(openKey(db, keyring, slot, use)).rejects.toThrow(SealError);
    await expect(openKey(db, keyring, theirs, use)).rejects.toThrow(SealError);
  });

  test('what was done with a key is recorded with who, when and what for, and cannot be rewritten', async () => {
    const { db, slot, keyring } = await vault();
    await storeKey(db, keyring, slot, openAiKey, checked);
    await openKey(db, keyring, slot, use);
    await noteKeyStatus(db, slot, 'invalid', 'WXYZ', {
      actor: null,
      action: 'failed',
      step: 'image',
      note: 'bad_key',
    });
    await rotateKeys(db, twoKeys, 'an-operator');
    await removeKey(db, slot, { actor: 'an-admin' });
    const audit = await listKeyAudit(db, slot.workspaceId, 10);
    expect(audit.map(({ action, actor, note, lastFour }) => [action, actor, note, lastFour]).reverse()).toEqual([
      ['set', 'an-admin', 'valid', 'WXYZ'],
      ['used', null, '', 'WXYZ'],
      ['failed', null, 'bad_key', 'WXYZ'],
      ['rotated', 'an-operator', 'k1 → k2', 'WXYZ'],
      ['removed', 'an-admin', '', 'WXYZ'],
    ]);
    for (const change of [
      "UPDATE key_audit SET note = 'nothing happened'",
      'DELETE FROM key_audit',
      'TRUNCATE key_audit',
    ]) {
      await expect(db.execute(sql.raw(change))).rejects.toMatchObject({ cause: { code: '23001' } });
    }
    expect(await listKeyAudit(db, slot.workspaceId, 10)).toHaveLength(5);
  });

  test('a step that opens its key again and again used it once', async () => {
    const { db, slot, keyring } = await vault();
    await storeKey(db, keyring, slot, openAiKey, checked);
    const run = runId.parse(randomUUID());
    for (const step of ['image', 'image', 'video', 'video', 'video'] as const) {
      await openKey(db, keyring, slot, { ...use, runId: run, step });
    }
    const audit = await listKeyAudit(db, slot.workspaceId, 10);
    expect(audit.filter(({ action }) => action === 'used')).toMatchObject([
      { runId: run, step: 'video' },
      { runId: run, step: 'image' },
    ]);
  });

  test('a status is not written onto a key that took its place meanwhile', async () => {
    const { db, slot, keyring } = await vault();
    await storeKey(db, keyring, slot, new Secret('sk-another-key-0123456789-ABCD'), checked);
    await noteKeyStatus(db, slot, 'invalid', 'WXYZ', { actor: null, action: 'failed' });
    expect(await describeKeys(db, slot.workspaceId)).toMatchObject([{ status: 'valid', lastFour: 'ABCD' }]);
  });

  test('a key whose master key is missing is named by a rotation, and the others are rotated', async () => {
    const { db, slot, other, keyring } = await vault();
    await storeKey(db, keyring, slot, openAiKey, checked);
    const strange = parseKeyring(newKeyring().replace('k1', 'k7'));
    await storeKey(db, strange, { ...slot, workspaceId: other }, openAiKey, checked);
    const rotation = await rotateKeys(db, twoKeys, null);
    expect(rotation.rewrapped).toBe(1);
    expect(rotation.failed).toMatchObject([{ slot: { workspaceId: other }, reason: expect.stringContaining('k7') }]);
    expect((await openKey(db, twoKeys, slot, use))?.reveal()).toBe(openAiCanary);
  });

  test('a rotation beside readers and writers loses nothing and leaves nobody behind', async () => {
    const { db, keyring } = await vault();
    const places: KeySlot[] = [];
    for (let index = 0; index < 12; index += 1) {
      const workspaceId = await createVaultWorkspace(db, `busy-${index}`);
      for (const provider of ['openai', 'google'] as const) places.push({ workspaceId, provider, purpose: 'api_key' });
    }
    const latest = new Map<KeySlot, string>();
    for (const [index, slot] of places.entries()) {
      latest.set(slot, `sk-first-of-place-${index}-0123456789`);
      await storeKey(db, keyring, slot, new Secret(latest.get(slot) ?? ''), checked);
    }
    // Some writers have the old keyring and some the new one, because processes do not all restart at once.
    const write = async (slot: KeySlot, round: number) => {
      const value = `sk-round-${round}-${latest.get(slot)}`;
      await storeKey(db, round % 2 === 0 ? twoKeys : keyring, slot, new Secret(value), checked);
      latest.set(slot, value);
    };
    const seen: string[] = [];
    const read = async (slot: KeySlot) => {
      const value = (await openKey(db, twoKeys, slot, use))?.reveal() ?? 'nothing';
      if (!value.includes(`-of-place-${places.indexOf(slot)}-`)) seen.push(value);
    };
    await Promise.all([
      ...[1, 2, 3].map(() => rotateKeys(db, twoKeys, null)),
      ...places.map(async (slot, index) => {
        for (let round = 0; round < 4; round += 1) {
          if (index % 2 === 0) await write(slot, round);
          await read(slot);
        }
      }),
      rotateKeys(db, twoKeys, null),
    ]);
    expect(seen).toEqual([]);
    expect((await rotateKeys(db, twoKeys, null)).failed).toEqual([]);
    for (const slot of places) {
      expect((await openKey(db, twoKeys, slot, use))?.reveal()).toBe(latest.get(slot));
      expect((await storedKey(db, slot)).keyVersion).toBe('k2');
    }
  });
});
