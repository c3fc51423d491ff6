import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { accountOf, listTransactions } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { loadRun, requestCancel } from '../../src/db/runs.ts';
import { claim, dispatchDue, LeaseLost, saveHandle } from '../../src/db/turns.ts';
import { runId, workspaceId } from '../../src/db/vocabulary.ts';
import { vidgenie } from '../support/command-line.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';

async function place() {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const workspace = await createWorkspace(database, 1_000);
  const environment = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, VIDGENIE_HOME: installation.home },
    ...{ DATABASE_URL: database.url, VIDGENIE_KEYRING: process.env.TEST_KEYRING },
  };
  const command = async (...words: string[]) => {
    const it = vidgenie(words, environment);
    return { status: await it.exit, stdout: it.stdout(), stderr: it.stderr() };
  };
  return { database, installation, workspace, command };
}

test('a stuck run is taken from its worker and ended once; a failed one is retried once, charged like any other', async () => {
  const { database, installation, workspace, command } = await place();
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot, { workspace });
  const [lease] = await dispatchDue(database.db, 1, 60_000);
  if (!lease) throw new Error('nothing was due');
  await claim(database.db, lease, 60_000);

  const refused = await command('runs', 'fail', id.slice(0, 8));
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/A worker is at it right now.*--yes/);
  const notYet = await command('runs', 'retry', id, '--yes');
  expect(notYet.stderr).toContain('is not over');

  expect(await command('runs', 'fail', id.slice(0, 8), '--yes')).toMatchObject({ status: 0 });
  await expect(saveHandle(database.db, lease, 'enhance', {}, 0)).rejects.toBeInstanceOf(LeaseLost);
  expect((await loadRun(database.db, id))?.run).toMatchObject({ state: 'failed', releasedCredits: 24 });
  expect((await command('runs', 'fail', id, '--yes')).stderr).toContain('what is settled stays settled');
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 1_000, held: 0 });

  const retried = z.object({ run: runId, outcome: z.string() });
  const first = retried.parse(JSON.parse((await command('runs', 'retry', id, '--yes', '--json')).stdout));
  const again = retried.parse(JSON.parse((await command('runs', 'retry', id, '--yes', '--json')).stdout));
  expect([first.outcome, again.outcome]).toEqual(['accepted', 'repeated']);
  expect(again.run).toBe(first.run);
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 976, held: 24 });

  const listed = await command('runs', 'list', '--state', 'failed');
  expect(listed.stdout).toContain(`${id.slice(0, 8)}  `);
  expect(listed.stdout).toContain('interrupted: ended by the operator');
  expect(listed.stdout).not.toContain(first.run.slice(0, 8));
  expect((await command('runs', 'show', id)).stdout).toContain('dispatched 2 times');

  await requestCancel(database.db, first.run);
  const worker = await installation.open({ worker: true });
  await Promise.all([delivered(worker, id), delivered(worker, first.run)]);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('credits are adjusted within what is there, once for each key, and the ledger is exported whole, formulas disarmed', async () => {
  const { database, workspace, command } = await place();
  expect((await command('credits', 'adjust', workspace.id, '--', '-5')).stderr).toContain('--yes');
  expect((await command('credits', 'adjust', workspace.id, '--yes', '--', '-5000')).stderr).toContain(
    'has 1000 credits',
  );
  for (let time = 0; time < 2; time += 1) {
    const words = [
      'credits',
      'adjust',
      workspace.id,
      '--yes',
      '--key',
      'night',
      '--note',
      '=HYPERLINK("x"),y',
      '--',
      '-5',
    ];
    expect((await command(...words)).status).toBe(0);
  }
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 995, held: 0 });
  expect((await listTransactions(database.db, workspace.id, { limit: 9 })).map(({ kind }) => kind)).toEqual([
    'adjust',
    'grant',
  ]);

  await database.db.execute(sql`
    INSERT INTO credit_transactions (workspace_id, kind, amount, balance_after, held_after, idempotency_key)
    SELECT ${workspace.id}, 'grant', 1, 995 + i, 0, 'bulk:' || i FROM generate_series(1, 2500) i`);
  const { stdout, status } = await command('credits', 'export', '--workspace', workspace.id);
  expect(status).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toBe('id,at,workspace,run,kind,amount,balance_after,held_after,note');
  expect(lines).toHaveLength(1 + 2 + 2_500);
  expect(stdout).toContain(`"'=HYPERLINK(""x""),y"`);
  expect(stdout).toMatch(/,adjust,-5,995,0,/);
});

test('a purged workspace keeps its ledger and nothing else: no media, no key, no word, no name', async () => {
  const { database, installation, workspace, command } = await place();
  const worker = await installation.open({ worker: true });
  const other = await createWorkspace(database, 100, 'terminal:other');
  const told = { member: { id: 'U0MARGARET', name: 'Margaret', isAdmin: false }, place: { channel: 'C0SECRET' } };
  const id = await submitted(worker, { workspace, ...told, prompt: 'a very private fox' });
  const spared = await submitted(worker, { workspace: other, prompt: 'a public fox' });
  const views = await Promise.all([delivered(worker, id), delivered(worker, spared)]);
  const before = await accountOf(database.db, workspace.id);

  expect((await command('workspaces', 'purge', workspace.id)).status).toBe(2);
  const waiting = await submitted(await installation.open({ worker: false }), { workspace });
  if ((await command('workspaces', 'purge', workspace.id, '--yes')).status === 0) {
    // The worker was quicker than the command; then the run was over.
    expect((await loadRun(database.db, waiting))?.run.deliveredAt).not.toBeNull();
  }
  await delivered(worker, waiting);
  expect(await command('workspaces', 'purge', workspace.id, '--yes')).toMatchObject({ status: 0 });

  for (const [index, view] of views.entries()) {
    const sizes = await Promise.all(view.assets.map(({ objectKey }) => worker.services.store.size(objectKey)));
    expect(sizes.every((size) => (index === 0 ? size === null : size !== null))).toBe(true);
  }
  const [dump] = await database.db.execute(sql`
    SELECT (SELECT json_agg(r) FROM runs r WHERE workspace_id = ${workspace.id})::text ||
      (SELECT json_agg(s) FROM steps s JOIN runs r ON r.id = s.run_id WHERE workspace_id = ${workspace.id})::text ||
      (SELECT json_agg(w) FROM workspaces w)::text AS all`);
  for (const word of ['private fox', 'Margaret', 'U0MARGARET', 'C0SECRET', '"name":"terminal:test"'])
    expect(JSON.stringify(dump).replaceAll('\\', '')).not.toContain(word);
  expect(await accountOf(database.db, workspaceId.parse(workspace.id))).toEqual({
    ...before,
    balance: before.balance - 24,
  });
  expect((await loadRun(database.db, spared))?.run.prompt).toBe('a public fox');
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  expect((await command('workspaces', 'list')).stdout).toContain(
    'terminal:test  (purged)  952 credits, 0 held, 2 runs, 0 keys',
  );
});
