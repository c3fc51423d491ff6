import { Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { startRun } from '../../src/bots/commands/startRun.ts';
import { createRequest, workspace as terminal } from '../../src/bots/terminal/person.ts';
import { runPiped } from '../../src/bots/terminal/piped.ts';
import { stdoutSurface } from '../../src/cli/output.ts';
import { createLink, createToken, findSession, findToken, openSession } from '../../src/db/auth.ts';
import { claim } from '../../src/db/claim.ts';
import { accountOf, listTransactions } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { mediaOfDeleted, purgeWorkspace } from '../../src/db/purge.ts';
import { loadRun, requestCancel } from '../../src/db/runs.ts';
import { beginSubmit, dispatchDue, finishEnhance, handBack, saveHandle } from '../../src/db/turns.ts';
import { LeaseLost } from '../../src/db/turnWrite.ts';
import { runId, workspaceId } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import { sweep } from '../../src/pipeline/sweep.ts';
import { vidgenie } from '../support/command-line.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';

async function installed() {
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
    return { status: await it.exit, stdout: it.stdout(), stderr: it.stderr() };
  };
  return { database, installation, workspace, command };
}

test('a stuck run is taken from its worker and ended once; a failed one is retried once, charged like any other', async () => {
  const { database, installation, workspace, command } = await installed();
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot, { workspace });
  const [lease] = await dispatchDue(database.db, 1, 60_000);
  if (!lease) throw new Error('nothing was due');
  await claim(database.db, [lease], 60_000);

  const refused = await command('runs', 'fail', id.slice(0, 8));
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/A worker is at it right now.*--yes/);
  const notYet = await command('runs', 'retry', id, '--yes');
  expect(notYet.stderr).toContain('is not over');

  expect(await command('runs', 'fail', id.slice(0, 8), '--yes')).toMatchObject({ status: 0 });
  await expect(
    saveHandle(database.db, lease, { number: 1, hookedAt: null }, { handle: {}, pollAfterMs: 0 }, null),
  ).rejects.toBeInstanceOf(LeaseLost);
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

test('a retried run speaks by the platform of the old one, where that is not its workspace’s own', async () => {
  const { database, installation, workspace, command } = await installed();
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot, { workspace, platform: 'web', conversation: { at: 'the web' } });
  expect(await command('runs', 'fail', id, '--yes')).toMatchObject({ status: 0 });
  const answered = await command('runs', 'retry', id, '--yes', '--json');
  const { run } = z.object({ run: runId }).parse(JSON.parse(answered.stdout));
  expect((await loadRun(database.db, run))?.run).toMatchObject({ platform: 'web', conversation: { at: 'the web' } });
});

test('a retry asks to agree to the price of today, and the new run costs that', async () => {
  const { database, installation, workspace, command } = await installed();
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot, { workspace });
  expect(await command('runs', 'fail', id, '--yes')).toMatchObject({ status: 0 });
  // The same as if the price of what the run asks for had changed since.
  await database.db.execute(
    sql`UPDATE runs SET options = options || '{"duration": 5, "resolution": "720p"}' WHERE id = ${id}`,
  );
  expect((await command('runs', 'retry', id)).stderr).toContain('about 16 credits');
  const { run } = z
    .object({ run: runId })
    .parse(JSON.parse((await command('runs', 'retry', id, '--yes', '--json')).stdout));
  expect((await loadRun(database.db, run))?.run.priceCredits).toBe(16);
});

test('stuck are runs that nobody goes on with, and those that come to nothing again and again; not those that wait', async () => {
  const { database, installation, workspace, command } = await installed();
  const bot = await installation.open({ worker: false });
  const run = async (how: { state: 'queued' | 'running'; change: ReturnType<typeof sql> }) => {
    const id = await submitted(bot, { workspace });
    await database.db.execute(sql`UPDATE runs SET state = ${how.state}, ${how.change} WHERE id = ${id}`);
    return id;
  };
  const late = sql`due_at = now() - interval '5 minutes'`;
  const soon = sql`due_at = now() + interval '20 seconds'`;
  const waits = await run({ state: 'queued', change: late });
  const isPolled = await run({
    state: 'running',
    change: sql`${soon}, failed_attempts = 1, dispatch = 40, claimed = 39`,
  });
  const stuck = [
    await run({ state: 'queued', change: sql`${late}, cancel_requested_at = now()` }),
    await run({ state: 'running', change: late }),
    await run({ state: 'running', change: sql`${soon}, failed_attempts = 6` }),
    await run({ state: 'running', change: sql`${soon}, dispatch = 7, claimed = 1` }),
  ];
  const listed = async (...words: string[]) => {
    const { stdout } = await command('runs', 'list', '--json', ...words);
    const { runs } = z.object({ runs: z.array(z.object({ id: runId })) }).parse(JSON.parse(stdout));
    return runs.map(({ id }) => id).sort();
  };
  expect(await listed('--stuck')).toEqual(stuck.sort());
  expect(await listed()).toEqual([...stuck, waits, isPolled].sort());
});

test('credits are adjusted within what is there, once for each key, and the ledger is exported whole, formulas disarmed', async () => {
  const { database, workspace, command } = await installed();
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
  const night = ['credits', 'adjust', workspace.id, '--yes', '--key', 'night', '--', '-6'];
  expect(await command(...night)).toMatchObject({ status: 1, stderr: expect.stringContaining('take another --key') });
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 995, held: 0 });
  expect((await listTransactions(database.db, workspace.id, { limit: 9 })).map(({ kind }) => kind)).toEqual([
    'adjust',
    'grant',
  ]);

  await database.db.execute(sql`
    WITH account AS (UPDATE credit_accounts SET balance = balance + 2500 WHERE workspace_id = ${workspace.id})
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

test('one key for a batch of grants grants to each workspace once, and says when it asks for another amount', async () => {
  const { database, workspace, command } = await installed();
  const other = await createWorkspace(database, 0, 'terminal:other');
  const grant = (id: string, amount: string) => command('credits', 'grant', id, amount, '--key', '2026-11');
  for (const { id } of [workspace, other, other]) expect(await grant(id, '50')).toMatchObject({ status: 0 });
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 1_050, held: 0 });
  expect(await accountOf(database.db, other.id)).toEqual({ balance: 50, held: 0 });
  expect(await grant(other.id, '70')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('Nothing was changed'),
  });
});

test('a purged workspace keeps its ledger and nothing else: no media, no key, no word, no name', async () => {
  const { database, installation, workspace, command } = await installed();
  const worker = await installation.open({ worker: true });
  const other = await createWorkspace(database, 100, 'terminal:other');
  const told = {
    member: { id: 'U0MARGARET', name: 'Margaret', isAdmin: false },
    conversation: { channel: 'C0SECRET' },
  };
  const id = await submitted(worker, { workspace, ...told, prompt: 'a very private fox' });
  const spared = await submitted(worker, { workspace: other, prompt: 'a public fox' });
  const views = await Promise.all([delivered(worker, id), delivered(worker, spared)]);
  const before = await accountOf(database.db, workspace.id);
  const visitor = { workspaceId: workspace.id, member: told.member, channelIds: null, locale: 'en' };
  const wish = { scope: 'admin', label: 'Margaret’s laptop', createdBy: told.member.id } as const;
  const token = await createToken(database.db, { ...wish, workspaceId: workspace.id });
  const link = await createLink(database.db, visitor);
  const session = await openSession(database.db, await createLink(database.db, visitor));
  if (!session) throw new Error('no session was opened');
  const spareToken = await createToken(database.db, { ...wish, workspaceId: other.id });

  expect((await command('workspaces', 'purge', workspace.id)).status).toBe(2);
  const waiting = await submitted(await installation.open({ worker: false }), { workspace });
  if ((await command('workspaces', 'purge', workspace.id, '--yes')).status === 0) {
    // The worker was quicker than the command, so the run was over.
    expect((await loadRun(database.db, waiting))?.run.deliveredAt).not.toBeNull();
  }
  await delivered(worker, waiting);
  expect(await command('workspaces', 'purge', workspace.id, '--yes')).toMatchObject({ status: 0 });

  for (const [index, view] of views.entries()) {
    const sizes = await Promise.all(view.assets.map(({ objectKey }) => worker.services.store.size(objectKey)));
    expect(sizes.every((size) => (index === 0 ? size === null : size !== null))).toBe(true);
  }
  const [dump] = await database.db.execute(sql`
    SELECT concat(
      (SELECT json_agg(r) FROM runs r WHERE workspace_id = ${workspace.id}),
      (SELECT json_agg(s) FROM steps s JOIN runs r ON r.id = s.run_id WHERE workspace_id = ${workspace.id}),
      (SELECT json_agg(t) FROM api_tokens t WHERE workspace_id = ${workspace.id}),
      (SELECT json_agg(l) FROM web_links l WHERE workspace_id = ${workspace.id}),
      (SELECT json_agg(s) FROM web_sessions s WHERE workspace_id = ${workspace.id}),
      (SELECT json_agg(u) FROM credit_use u WHERE workspace_id = ${workspace.id}),
      (SELECT json_agg(w) FROM workspaces w)) AS all`);
  const dumped = JSON.stringify(dump).replaceAll('\\', '');
  for (const kept of [id, token.token.id]) expect(dumped).toContain(kept);
  for (const word of ['private fox', 'Margaret', 'U0MARGARET', 'C0SECRET', '"name":"terminal:test"'])
    expect(dumped).not.toContain(word);
  expect(await findToken(database.db, token.words)).toBeNull();
  expect(await findSession(database.db, session.words)).toBeNull();
  expect(await openSession(database.db, link)).toBeNull();
  expect(await findToken(database.db, spareToken.words)).toMatchObject({ token: { label: 'Margaret’s laptop' } });
  expect(await accountOf(database.db, workspaceId.parse(workspace.id))).toEqual({
    ...before,
    balance: before.balance - 24,
  });
  expect((await loadRun(database.db, spared))?.run.prompt).toBe('a public fox');
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  expect((await command('workspaces', 'list')).stdout).toMatch(
    /terminal:test {2}\(purged\) {2}952 credits, 0 held, last run \d{4}-\d\d-\d\d, 0 keys/,
  );
});

test('a purge takes nothing while a run is not over, and what a purge that was killed leaves is swept', async () => {
  const { database, installation, workspace } = await installed();
  const worker = await installation.open({ worker: true });
  const { db, store } = worker.services;
  const over = await submitted(worker, { workspace });
  await delivered(worker, over);
  await worker.drain();
  const asked = { ...createRequest(worker.services, new AbortController().signal), workspace };
  const openImage = async () => inject('vendorMedia').image;
  const options = { workflow: 'video', prompt: 'closer', options: {}, image: 'any' } as const;
  const started = await startRun({ ...asked, openImage }, options);
  if (started.kind !== 'run') throw new Error(`expected a run, not a ${started.kind}`);
  const keysToErase = () => Array.fromAsync(mediaOfDeleted(db, workspace.id)).then((pages) => pages.flat());
  const sizes = async () => {
    const views = await Promise.all([loadRun(db, over), loadRun(db, started.runId)]);
    const keys = views.flatMap((view) => view?.assets.map(({ objectKey }) => objectKey) ?? []);
    return await Promise.all(keys.map((key) => store.size(key)));
  };

  expect(await purgeWorkspace(db, workspace.id)).toEqual({ outcome: 'unfinished', runs: 1 });
  expect(await keysToErase()).toEqual([]);
  expect(await sizes()).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
  expect((await loadRun(db, over))?.run.prompt).toBe('a fox in the snow');

  await requestCancel(db, started.runId);
  await delivered(await installation.open({ worker: true }), started.runId);
  expect(await purgeWorkspace(db, workspace.id)).toEqual({ outcome: 'purged', runs: 2 });
  expect(await keysToErase()).toHaveLength(3);
  // No retention applies here.
  const retention = { mediaDays: null, inputHours: null };
  const silent = createLog('silent', false);
  const swept = await sweep({ db, store, retention, log: silent, random: Math.random }, new AbortController().signal);
  expect(swept).toBe(3);
  expect(await sizes()).toEqual([null, null, null]);
  expect(await keysToErase()).toEqual([]);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('the terminal says what stopping costs before it takes anything: only --yes stops what cannot be asked about', async () => {
  const { database, installation, command } = await installed();
  const { db } = database;
  const bot = await installation.open({ worker: false, environment: {} });
  const id = await submitted(bot, { workspace: terminal, member: { id: 'local', name: 'Ada', isAdmin: true } });
  // The state that a process leaves if it ends after the better prompt.
  const [lease] = await dispatchDue(db, 1, 60_000);
  if (!lease) throw new Error('nothing was due');
  await claim(db, [lease], 60_000);
  await beginSubmit(db, lease, { number: 1, submits: 0 });
  await finishEnhance(db, lease, 1, { image: 'a fox', motion: 'it runs' }, null);
  await handBack(db, lease);

  const asked = await command('cancel', id.slice(0, 8));
  expect(asked).toMatchObject({ status: 2, stdout: '' });
  expect(asked.stderr).toMatch(/Stop this run\? Stopping now costs 1 credit, 23 come back\..*add --yes/);
  const json = await command('cancel', id, '--json');
  const refused = { event: 'refused', reason: 'stop_costs', cost: { credits: 1, back: 23 } };
  expect(JSON.parse(json.stdout)).toMatchObject(refused);
  const piped: string[] = [];
  const surface = { ...stdoutSurface(), columns: 120 };
  const input = Readable.from([`cancel ${id}\n`, 'exit\n']);
  const reading = { surface, write: (...lines: readonly string[]) => piped.push(...lines), onFault: () => {} };
  await runPiped({ services: bot.services, input, signal: AbortSignal.timeout(3_000), ...reading });
  expect(piped.join('\n')).toContain(
    `Nobody can be asked here. To stop it all the same: cancel ${id.slice(0, 8)} --yes`,
  );
  // Nothing was stopped, and nothing went on while the question was open.
  const view = await loadRun(db, id);
  expect(view?.run.cancelRequestedAt).toBeNull();
  expect(view?.steps.map(({ state }) => state)).toEqual(['done', 'pending', 'pending', 'pending']);

  const stopped = await command('cancel', id, '--yes', '--json');
  expect(stopped).toMatchObject({ status: 0 });
  expect(JSON.parse(stopped.stdout)).toMatchObject({ event: 'canceled', credits: { captured: 1, released: 23 } });
});

test('the files of a run are deleted from a script only with --yes', async () => {
  const { database, installation, command } = await installed();
  const workspace = await createWorkspace(database, 1_000, terminal.id);
  const program = await installation.open({ worker: true });
  const { id } = (await delivered(program, await submitted(program, { workspace, workflow: 'image' }))).run;
  const isDeleted = async () => (await loadRun(database.db, id))?.run.deletedAt !== null;
  const refused = await command('delete', id.slice(0, 8));
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/Delete the files of run [0-9a-f]{8} \(.+\) for good\?.*--yes/);
  expect(await isDeleted()).toBe(false);
  expect(await command('delete', '--yes', id.slice(0, 8))).toMatchObject({ status: 0 });
  expect(await isDeleted()).toBe(true);
});
