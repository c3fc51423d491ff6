import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { api } from '../../src/bots/commands/api.ts';
import { settings } from '../../src/bots/commands/settings.ts';
import { createRequest } from '../../src/bots/terminal/person.ts';
import { type AuditFilter, listChanges } from '../../src/db/audit.ts';
import { createToken } from '../../src/db/auth.ts';
import { removeBot } from '../../src/db/botRemoval.ts';
import { insertEntry } from '../../src/db/cast.ts';
import type { Db } from '../../src/db/client.ts';
import { changeBalance } from '../../src/db/credits.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { readMigrations } from '../../src/db/migrations.ts';
import { purgeWorkspace } from '../../src/db/purge.ts';
import { Secret } from '../../src/db/secret.ts';
import { removeKey, storeKey } from '../../src/db/vault.ts';
import { saveSettings, type Workspace, workspaceSettings } from '../../src/db/workspaces.ts';
import type { Member } from '../../src/domain.ts';
import { removeCast } from '../../src/pipeline/castEntries.ts';
import type { Program } from '../../src/program.ts';
import { vidgenie } from '../support/command-line.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, submitted } from '../support/program.ts';
import { openWebServer } from '../support/web/server.ts';

const grace: Member = { id: 'U0GRACE', name: 'Grace', isAdmin: true };

const asAdmin = ({ services }: Program, workspace: Workspace) => ({
  ...createRequest(services, new AbortController().signal),
  workspace,
  member: grace,
});

const keyOf = (workspace: Workspace) =>
  ({ workspaceId: workspace.id, provider: 'openai', purpose: 'api_key' }) as const;

async function setKey({ services }: Program, workspace: Workspace): Promise<void> {
  const checked = { by: grace.id, status: 'valid', at: new Date() } as const;
  await storeKey(
    services.db,
    services.vault.keyring,
    keyOf(workspace),
    new Secret('sk-a-key-0123456789-WXYZ'),
    checked,
  );
}

async function addToCast({ services }: Program, workspace: Workspace, name: string, addedBy: string): Promise<void> {
  const entry = {
    id: randomUUID(),
    name,
    description: '',
    kind: 'character' as const,
    images: [],
    workspaceId: workspace.id,
    addedBy,
    addedByName: 'Somebody',
  };
  expect(await insertEntry(services.db, entry)).toEqual({ outcome: 'inserted' });
}

/** Actions and their actors, the oldest first. */
const changesOf = async (db: Db, filter: Partial<AuditFilter> = {}) =>
  (await listChanges(db, { limit: 100, ...filter })).reverse();

test('what members, API tokens and platforms change is recorded with who changed it, and with the values before and after', async () => {
  const server = await openWebServer();
  const { program } = server;
  const { db } = program.services;
  const workspace = await server.workspace('one');
  const token = await server.token(workspace, 'operator');
  const [made] = await changesOf(db);
  const byToken = `token:${made?.subject}`;

  const body = { castBy: 'admins', blockedWords: ['gore', 'blood'] };
  expect(await server.ask('PUT', '/api/settings', { token, body })).toMatchObject({ status: 200 });
  await settings.perform(asAdmin(program, workspace), { style: 'anime', blocked: 'gore', daily: 5 });
  await settings.perform(asAdmin(program, workspace), { style: 'anime' });
  await setKey(program, workspace);
  await removeKey(db, keyOf(workspace), { actor: grace.id });
  expect(await server.ask('POST', '/api/credits/grant', { token, body: { amount: 7, note: 'a gift' } })).toMatchObject({
    status: 200,
  });
  expect(
    await server.ask('POST', '/api/credits/deduct', { token, body: { amount: 3, reason: 'a poster' } }),
  ).toMatchObject({ status: 200 });
  await addToCast(program, workspace, 'milo', 'U0ADA');
  await addToCast(program, workspace, 'luna', grace.id);
  for (const name of ['milo', 'luna']) await removeCast({ db }, { workspace, member: grace, name });
  await api.perform(asAdmin(program, workspace), { revoke: made?.subject ?? '' });
  await setKey(program, workspace);
  expect(await removeBot(db, workspace.id, 'app_uninstalled')).toBe(true);
  expect(await removeBot(db, workspace.id, 'app_uninstalled')).toBe(false);

  const changes = await changesOf(db, { workspaceId: workspace.id });
  expect(changes.map(({ action, actor }) => [action, actor])).toEqual([
    ['token_created', 'test'],
    ['settings_changed', byToken],
    ['settings_changed', grace.id],
    ['key_set', grace.id],
    ['key_removed', grace.id],
    ['credits_granted', byToken],
    ['credits_adjusted', byToken],
    ['cast_removed', grace.id],
    ['token_revoked', grace.id],
    ['key_set', grace.id],
    ['key_removed', null],
    ['bot_removed', null],
  ]);
  expect(changes.map(({ details }) => details).slice(1, 8)).toEqual([
    {
      changes: [
        { field: 'castBy', before: 'members', after: 'admins' },
        { field: 'blockedWords', before: { words: 0 }, after: { words: 2, added: 2, removed: 0 } },
      ],
    },
    {
      changes: [
        { field: 'dailyRuns', before: null, after: 5 },
        { field: 'defaults.style', before: null, after: 'anime' },
        { field: 'blockedWords', before: { words: 2 }, after: { words: 1, added: 0, removed: 1 } },
      ],
    },
    { provider: 'openai', purpose: 'api_key', lastFour: 'WXYZ', note: 'valid' },
    { provider: 'openai', purpose: 'api_key', lastFour: 'WXYZ', note: '' },
    { amount: 7, balance: 1_007 },
    { amount: -3, balance: 1_004 },
    {},
  ]);
  expect(changes.map(({ subjectName }) => subjectName)).toMatchObject({ 5: 'a gift', 7: 'milo', 8: made?.subjectName });
  expect(changes[1]?.actorLabel).toBe(made?.subjectName);

  // Each filter, and pages that together are the whole.
  const ids = async (filter: Partial<AuditFilter>) => (await changesOf(db, filter)).map(({ id }) => id);
  const only = (is: (change: (typeof changes)[number]) => boolean) => changes.filter(is).map(({ id }) => id);
  expect(await ids({ actor: byToken.slice(0, 10) })).toEqual(only(({ actor }) => actor === byToken));
  expect(await ids({ actor: null })).toEqual(only(({ actor }) => actor === null));
  expect(await ids({ action: 'key_set', actor: grace.id })).toEqual(only(({ action }) => action === 'key_set'));
  expect(await ids({ since: changes[4]?.at ?? new Date() })).toEqual(changes.slice(4).map(({ id }) => id));
  const newest = await listChanges(db, { limit: 5 });
  const older = await listChanges(db, { limit: 100, before: newest.at(-1)?.id ?? 0 });
  expect([...newest, ...older].map(({ id }) => id)).toEqual(changes.map(({ id }) => id).reverse());
});

test('what an operator does at the command line is recorded, and `vidgenie audit` shows it as lines and as CSV', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const workspace = await createWorkspace(database, 1_000);
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    VIDGENIE_HOME: installation.home,
    DATABASE_URL: database.url,
    VIDGENIE_KEYRING: process.env.TEST_KEYRING,
  };
  const command = async (...words: string[]) => {
    const it = vidgenie(words, environment);
    const status = await it.exit;
    return { status, stdout: it.stdout(), stderr: it.stderr() };
  };
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot, { workspace });
  for (const words of [
    ['credits', 'grant', workspace.id, '50', '--note', '=1+1', '--key', 'once'],
    ['runs', 'fail', id, '--yes'],
    ['runs', 'retry', id, '--yes'],
  ])
    expect(await command(...words)).toMatchObject({ status: 0 });

  const changes = await changesOf(database.db, { actor: 'local' });
  expect(changes.map(({ action }) => action)).toEqual(['credits_granted', 'run_failed', 'run_retried']);
  expect(changes.map(({ subject }) => subject).slice(1)).toEqual([id, id]);
  const lines = (await command('audit', workspace.id, '--limit', '1')).stdout.split('\n');
  expect(lines[1]).toMatch(/operator +run retried +run [0-9a-f]{8} as [0-9a-f]{8}$/);
  expect(lines[2]).toMatch(/^There may be more: add --before \d+\.$/);
  const csv = (await command('audit', '--csv', '--action', 'credits_granted', '--since', '1h')).stdout.split('\n');
  expect(csv[0]).toBe('id,at,workspace,actor,action,subject,what');
  expect(csv[1]).toContain(',terminal:test,operator,credits_granted,');
  expect(csv[1]).toContain(',balance 1026 (+50): =1+1');
});

test('nobody can change the audit, and a change that is undone is not in it', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const workspace = await createWorkspace(database, 10);
  const different = { ...workspaceSettings.parse({}), spoilers: true };
  await saveSettings(db, workspace.id, different, grace.id);
  const refused = { cause: { code: '23001', message: expect.stringContaining('admin_audit is append-only') } };
  for (const statement of [
    sql`UPDATE admin_audit SET actor = 'me'`,
    sql`DELETE FROM admin_audit`,
    sql`TRUNCATE admin_audit`,
  ])
    await expect(db.execute(statement)).rejects.toMatchObject(refused);
  const gift = { kind: 'grant', amount: 1, origin: 'operator', key: 'k', note: '' } as const;
  const undone = db.transaction(async (tx) => {
    await saveSettings(tx, workspace.id, workspaceSettings.parse({}), grace.id);
    await changeBalance(tx, workspace.id, gift);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  await saveSettings(db, workspace.id, different, 'U0NOTHING');
  // The same key again changes nothing.
  for (const by of [grace.id, 'U0AGAIN']) await changeBalance(db, workspace.id, { ...gift, by });
  expect((await changesOf(db)).map(({ action, actor }) => `${action} ${actor}`)).toEqual([
    'settings_changed U0GRACE',
    'credits_granted U0GRACE',
  ]);
});

test('after a purge the audit tells what happened, and nothing that members wrote', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const program = await (await createInstallation(database)).open({ worker: false });
  const workspace = await createWorkspace(database, 10);
  await saveSettings(db, workspace.id, { ...workspaceSettings.parse({}), blockedWords: ['voldemort'] }, grace.id);
  await createToken(db, { workspaceId: workspace.id, scope: 'admin', label: 'Grace’s laptop', createdBy: grace.id });
  await addToCast(program, workspace, 'milo', 'U0ADA');
  await removeCast({ db }, { workspace, member: grace, name: 'milo' });
  await setKey(program, workspace);
  const told = async () => JSON.stringify([await db.execute(sql`SELECT * FROM admin_audit`), await changesOf(db)]);
  for (const word of ['Grace’s laptop', 'milo']) expect(await told()).toContain(word);
  expect(await purgeWorkspace(db, workspace.id, 'local')).toMatchObject({ outcome: 'purged' });
  for (const word of ['voldemort', 'laptop', 'milo', '"Grace"', 'sk-a-key']) expect(await told()).not.toContain(word);
  expect((await changesOf(db)).map(({ action, actor }) => `${action} ${actor}`)).toEqual([
    'settings_changed U0GRACE',
    'token_created U0GRACE',
    'cast_removed U0GRACE',
    'key_set U0GRACE',
    'key_removed local',
    'workspace_purged local',
  ]);
});

test('changes of keys from before the upgrade, and by processes that do not know the audit, are in it once', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  await db.execute(sql`DROP TRIGGER key_audit_copy_change ON key_audit`);
  await db.execute(sql`DROP TABLE admin_audit`);
  const insert = (action: string) =>
    db.execute(sql`INSERT INTO key_audit (workspace_id, provider, purpose, action, actor, last_four)
      VALUES ('terminal:old', 'google', 'api_key', ${action}, 'U0OLD', 'abcd')`);
  for (const action of ['set', 'used', 'checked', 'rotated']) await insert(action);
  const audits = (await readMigrations()).find(({ tag }) => tag === '0006_admin_audit');
  if (!audits) throw new Error('the migration has another name');
  for (const _ of ['a migration', 'one that repeats a migration that was killed at its end']) {
    await db.execute(sql`DELETE FROM drizzle.__drizzle_migrations WHERE created_at >= ${audits.madeAt}`);
    await migrateDatabase(database.url);
  }
  await insert('removed');
  const changes = await changesOf(db);
  expect(changes.map(({ action, actor }) => `${action} ${actor}`)).toEqual([
    'key_set U0OLD',
    'key_rotated U0OLD',
    'key_removed U0OLD',
  ]);
});
