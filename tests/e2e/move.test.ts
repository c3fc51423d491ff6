import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { lacksPostgres15, startPostgres15 } from '../support/postgres15.ts';
import { startS3 } from '../support/s3/server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function run(environment: NodeJS.ProcessEnv, ...words: string[]) {
  const it = vidgenie(words, environment);
  return { status: await it.exit, stdout: it.stdout(), stderr: it.stderr() };
}

const findings = z.object({
  findings: z.array(z.looseObject({ part: z.string(), isFine: z.boolean(), says: z.string() })),
});
const wrongIn = (stdout: string) => findings.parse(JSON.parse(stdout)).findings.filter(({ isFine }) => !isFine);

test('an embedded installation moves to an external database and to S3, and the old database does not start any more', async () => {
  const { home, environment } = await newcomer();
  expect(await run(environment, 'demo', 'a fox', '--workflow', 'image')).toMatchObject({ status: 0 });
  expect(await run({ ...environment }, 'keys', 'list')).toMatchObject({ status: 0 });
  const target = await createEmptyDatabase();
  const external = { ...environment, DATABASE_URL: target.url, VIDGENIE_KEYRING_FILE: join(home, 'keyring') };
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);

  // While VidGenie runs here, what it writes would be lost.
  const serving = vidgenie(['start'], { ...environment, PORT: '0', LOG_LEVEL: 'silent' });
  await serving.line(/http:/);
  const refused = await run(external, 'move', 'database');
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.stderr).toContain('VidGenie is running');
  serving.child.kill('SIGTERM');
  await serving.exit;

  const moved = await run(external, 'move', 'database');
  expect(moved).toMatchObject({ status: 0 });
  expect(moved.stdout).toContain('and are what was here');
  const again = await run(external, 'move', 'database');
  expect(again).toMatchObject({ status: 1 });
  expect(again.stderr).toContain('was moved to');
  const old = await run(environment, 'history');
  expect(old).toMatchObject({ status: 1 });
  expect(old.stderr).toContain('was moved to');

  const both = { ...external, ...s3.environment };
  const media = await run(both, 'move', 'media', '--json');
  expect(media).toMatchObject({ status: 0 });
  expect(JSON.parse(media.stdout)).toEqual({ copied: 1, present: 0, missing: [], damaged: [] });
  const twice = await run(both, 'move', 'media', '--json');
  expect(JSON.parse(twice.stdout)).toEqual({ copied: 0, present: 1, missing: [], damaged: [] });
  const doctor = await run(both, 'doctor', '--json');
  expect(wrongIn(doctor.stdout)).toEqual([]);
  const history = await run(both, 'history', '--json');
  expect(history.stdout).toContain('a fox');
});

const lacking = lacksPostgres15();
if (lacking !== null) process.stdout.write(`skipped: the way to another PostgreSQL and back: ${lacking}\n`);

test.skipIf(lacking !== null)(
  'an embedded installation goes to PostgreSQL 15 and comes back to a new embedded database, with the same rows',
  async () => {
    const { home, environment } = await newcomer();
    expect(await run(environment, 'demo', 'a fox', '--workflow', 'image')).toMatchObject({ status: 0 });
    const folder = await temporaryDirectory();
    const [first, second] = [join(folder, '18.tar'), join(folder, '15.tar')];
    const keyring = join(await temporaryDirectory(), 'keyring');
    expect(await run(environment, 'backup', first, '--no-media', '--keyring', keyring)).toMatchObject({ status: 0 });
    const external = { ...environment, DATABASE_URL: await startPostgres15(), VIDGENIE_KEYRING_FILE: keyring };
    const onto15 = await run(external, 'restore', first);
    expect(onto15).toMatchObject({ status: 0 });
    expect(wrongIn((await run(external, 'doctor', '--json')).stdout)).toEqual([]);
    const rehearsal = await run(external, 'restore', first, '--rehearse');
    expect(rehearsal).toMatchObject({ status: 1 });
    expect(rehearsal.stderr).toContain('ALTER ROLE … CREATEDB');
    expect(await run(external, 'backup', second, '--no-media')).toMatchObject({ status: 0 });
    const { home: newHome, environment: anew } = await newcomer();
    expect(newHome).not.toBe(home);
    const back = await run(anew, 'restore', second, '--keyring', keyring);
    expect(back).toMatchObject({ status: 0 });
    const history = await run(anew, 'history', '--json');
    expect(history.stdout).toContain('a fox');
    expect(await sumsOf(second)).toEqual(await sumsOf(first));
  },
);

/** The hash of each table's rows. The catalogues tell when somebody looked last. */
async function sumsOf(path: string): Promise<Record<string, string>> {
  const { readAll } = await import('../support/backups.ts');
  const { tables } = (await readAll(path)).manifest;
  return Object.fromEntries(
    tables.filter(({ name }) => name !== 'catalogues').map(({ name, sha256 }) => [name, sha256]),
  );
}
