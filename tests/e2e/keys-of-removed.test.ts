import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { keys } from '../../src/bots/commands/keys.ts';
import { createRequest } from '../../src/bots/terminal/person.ts';
import { lastRemoval } from '../../src/db/audit.ts';
import { removeBot } from '../../src/db/botRemoval.ts';
import type { Tx } from '../../src/db/client.ts';
import { purgeWorkspace } from '../../src/db/purge.ts';
import { Secret } from '../../src/db/secret.ts';
import { describeKeys, storeTriedKey } from '../../src/db/vault.ts';
import type { WorkspaceId } from '../../src/domain.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation } from '../support/program.ts';
import { startVendors } from '../support/providers/vendors.ts';
import { openWebServer } from '../support/web/server.ts';

const own = { openai: 'sk-proj-of-the-workspace-0123456789', google: 'AIza-of-the-workspace-0123456789' };

/** Vendors for which the operator has no key, so that only a check of a key asks them anything. */
async function startCheckedVendors() {
  const { openai, environment } = await startVendors();
  const { OPENAI_API_KEY: _, GOOGLE_API_KEY: __, ...addresses } = environment;
  return { openai, environment: addresses };
}

const endings = {
  'removes the bot': (tx: Tx, id: WorkspaceId) => removeBot(tx, id, 'the bot was removed'),
  'is purged': (tx: Tx, id: WorkspaceId) => purgeWorkspace(tx, id),
};

test.each(Object.entries(endings))(
  'a workspace that %s while its keys are tried keeps none of them',
  async (_, end) => {
    const { openai, environment } = await startCheckedVendors();
    const database = await createTestDatabase();
    const { db } = database;
    const program = await (await createInstallation(database)).open({ worker: false, environment });
    const workspace = await createWorkspace(database, 10);
    const submit = async () => {
      const request = { ...createRequest(program.services, new AbortController().signal), workspace };
      const answer = await keys.submit({ ...request, member: { id: 'U0ADA', name: 'Ada', isAdmin: true } }, own);
      return answer.kind === 'card' ? answer.faults : answer;
    };
    const ended = Promise.withResolvers<void>();
    openai.fail('GET', /models/, { fault: 'hold', until: ended.promise });
    const arrived = openai.arrival(/models/);
    const submitted = submit();
    await arrived;
    await end(db, workspace.id);
    ended.resolve();
    const notSaved = expect.stringMatching(/was not saved, because VidGenie was just removed/);
    expect(await submitted).toEqual({ openai: notSaved, google: notSaved });
    expect(await describeKeys(db, workspace.id)).toEqual([]);

    // What is typed afterwards counts.
    expect(await submit()).toEqual({});
    expect(await describeKeys(db, workspace.id)).toHaveLength(2);
  },
);

test('the page says that a key was not saved because the workspace was purged meanwhile', async () => {
  const { openai, environment } = await startCheckedVendors();
  const server = await openWebServer({ environment });
  const workspace = await server.workspace('one');
  const token = await server.token(workspace, 'admin');
  const { db } = server.program.services;
  const ended = Promise.withResolvers<void>();
  openai.fail('GET', /models/, { fault: 'hold', until: ended.promise });
  const arrived = openai.arrival(/models/);
  const put = server.ask('PUT', '/api/keys/openai', { token, body: { apiKey: own.openai } });
  await arrived;
  await purgeWorkspace(db, workspace.id);
  ended.resolve();
  expect((await put).json()).toMatchObject({ status: 409, reason: 'key_not_saved', provider: 'openai' });
  expect(await describeKeys(db, workspace.id)).toEqual([]);
});

test.each(Object.entries(endings))(
  'a key is not stored in the middle of the transaction in which a workspace %s',
  async (_, end) => {
    const database = await createTestDatabase();
    const { db } = database;
    const program = await (await createInstallation(database)).open({ worker: false });
    const workspace = await createWorkspace(database, 10);
    const slot = { workspaceId: workspace.id, provider: 'openai', purpose: 'api_key' } as const;
    const removalId = (await lastRemoval(db, workspace.id))?.id ?? null;
    const checked = { by: 'U0ADA', status: 'valid', at: null, removalId } as const;
    const storing = Promise.withResolvers<unknown>();
    await db.transaction(async (tx) => {
      await end(tx, workspace.id);
      storing.resolve(storeTriedKey(db, program.services.vault.keyring, slot, new Secret(own.openai), checked));
      const waiting = sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await expect.poll(async () => (await db.execute(waiting)).length, { timeout: 20_000 }).toBe(1);
    });
    expect(await storing.promise).toBeNull();
    expect(await describeKeys(db, workspace.id)).toEqual([]);
  },
);
