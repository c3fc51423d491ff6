import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/db/client.ts';
import { accountOf } from '../../src/db/credits.ts';
import { describeEmbedded } from '../../src/db/embedded.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { superviseEmbedded } from '../../src/db/supervise.ts';
import type { Program } from '../../src/program.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submissionOf, submitted, until } from '../support/program.ts';
import { mountSmallDisk } from '../support/smallDisk.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const megabyte = 1_000_000;
/** Low below 4 MB, critical below 1 MB. */
const watched = { minFreeDiskBytes: 4 * megabyte };

const roomIn = async ({ checks }: Program) => await checks.disk?.(AbortSignal.timeout(1_000)).catch(() => 'critical');

test('on a disk that is nearly full new runs are refused and cost nothing, accepted ones go on, and all by itself it is over', async ({
  skip,
}) => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const disk = await mountSmallDisk(join(installation.home, 'media'), 16 * megabyte);
  if ('why' in disk) return skip(true, disk.why);
  onTestFinished(disk.unmount);
  const workspace = await createWorkspace(database, 100);
  const slow = { submitMs: 200, pollsUntilDone: 6 };
  const program = await installation.open({ worker: true, config: watched, vendor: slow });
  const begun = submissionOf({ workspace });
  const first = await submitted(program, begun);
  await until(program, first, (view) => view.steps[1]?.state === 'submitting');

  await disk.fill(3 * megabyte);
  await expect.poll(() => roomIn(program)).toBe('low');
  expect(await program.services.submit(submissionOf({ workspace }))).toEqual({ outcome: 'no_room' });
  // The platform may deliver a command again. Its run was accepted.
  expect(await program.services.submit(begun)).toEqual({ outcome: 'repeated', runId: first });
  expect((await delivered(program, first)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  expect(await accountOf(database.db, workspace.id)).toMatchObject({ balance: 76, held: 0 });

  await disk.clear();
  await expect.poll(() => roomIn(program)).toBe('ample');
  await delivered(program, await submitted(program, { workspace }));
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a worker whose disk is full takes no turns, so it asks no vendor for what it could not store, and goes on when there is room', async ({
  skip,
}) => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const disk = await mountSmallDisk(join(installation.home, 'media'), 16 * megabyte);
  if ('why' in disk) return skip(true, disk.why);
  onTestFinished(disk.unmount);
  await disk.fill();
  const worker = await installation.open({ worker: true, config: watched });
  expect(await roomIn(worker)).toBe('critical');
  // A bot on another machine has room.
  const bot = await installation.open({ worker: false, config: { minFreeDiskBytes: 0 } });
  const ids = await Promise.all([1, 2, 3].map(() => submitted(bot)));
  // The worker would have taken them within a quarter of a second.
  const looks = { count: 0 };
  for await (const { run } of bot.services.watch(ids[0] ?? (await submitted(bot)), AbortSignal.timeout(3_000))) {
    looks.count += 1;
    expect(run.dispatch).toBe(0);
  }
  expect(looks.count).toBe(1);
  await disk.clear();
  for (const id of ids) expect((await delivered(bot, id)).run).toMatchObject({ state: 'succeeded' });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('an embedded PostgreSQL that cannot write refuses commands, which cost nothing, and comes back with the room', async ({
  skip,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'vidgenie-full-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const disk = await mountSmallDisk(join(folder, 'postgres'), 200 * megabyte);
  if ('why' in disk) return skip(true, disk.why);
  onTestFinished(disk.unmount);
  const server = await superviseEmbedded(folder, { onNotice: () => {}, onTrouble: () => {} });
  onTestFinished(server.close);
  await migrateDatabase(server.url);
  const database = openDatabase(server.url);
  onTestFinished(database.close);
  const installation = await createInstallation(database);
  const program = await installation.open({ worker: true });
  const workspace = await createWorkspace(database, 1_000);
  await delivered(program, await submitted(program, { workspace }));

  await disk.fill();
  const answers: string[] = [];
  const accepted = new Set<string>();
  // The write-ahead log has a little room left in its last file.
  await expect
    .poll(
      async () => {
        const outcome = await submitted(program, { workspace, workflow: 'image' }).then(
          (id) => accepted.add(id) && 'accepted',
          () => 'refused',
        );
        answers.push(outcome);
        return outcome;
      },
      { timeout: 60_000, interval: 5 },
    )
    .toBe('refused');

  await disk.clear();
  await expect
    .poll(
      () =>
        submitted(program, { workspace }).then(
          () => 'accepted',
          () => 'refused',
        ),
      { timeout: 60_000 },
    )
    .toBe('accepted');
  await expect
    .poll(async () => await checkInvariants(database.db, { atRest: true }).catch(() => 'away'), { timeout: 60_000 })
    .toEqual([]);
  expect((await describeEmbedded(folder)).running).toBe(true);
});

test('a log on a disk that is full ends no process, and goes on when there is room', async ({ skip }) => {
  const folder = await temporaryDirectory();
  const disk = await mountSmallDisk(join(folder, 'logs'), megabyte);
  if ('why' in disk) return skip(true, disk.why);
  onTestFinished(disk.unmount);
  const path = join(folder, 'logs', 'vidgenie.log');
  const file = await open(path, 'a');
  onTestFinished(() => file.close());
  await disk.fill();
  const script = fileURLToPath(new URL('../support/logging-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', file.fd] });
  const exited = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  if (!child.stdout || !child.stdin) throw new Error('the process has no pipes');
  await once(child.stdout, 'data');
  await disk.clear();
  child.stdin.end('there is room');
  expect(await exited).toEqual([0, null]);
  expect(await readFile(path, 'utf8')).toContain('the last line');
});
