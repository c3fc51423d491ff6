import { spawnSync } from 'node:child_process';
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { newcomer, start } from '../support/command-line.ts';
import { createTestDatabase } from '../support/database.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const root = resolve(import.meta.dirname, '../..');
const loadedShape = z.object({ packages: z.array(z.string()), imports: z.array(z.string()) });

/** Packages that only platforms, providers, workers, stores or operators' pages need, by the beginning of the package's name. */
const large =
  /^(discord|@discordjs|@slack|@google|@aws-sdk|@smithy|@opentelemetry|@bull-board|openai|sharp|ink|react|preact|bullmq|ioredis|mediabunny|undici|hono|@hono|prom-client|@clack)/;

test('a command that only looks loads no platform, no provider, no store and no queue, and Drizzle without Node looking up each file', async () => {
  const { url } = await createTestDatabase();
  const { environment, home } = await newcomer();
  const keyring = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
  const loaded = `${home}.json`;
  const settings = { DATABASE_URL: url, VIDGENIE_KEYRING: keyring, LOADED: loaded };
  const measured = ['--import', './tests/support/loaded.ts', 'src/cli.ts', 'credits'];
  const command = start(process.execPath, measured, { ...environment, ...settings });
  expect(await command.exit, command.stderr()).toBe(0);

  const { packages, imports } = loadedShape.parse(JSON.parse(await readFile(loaded, 'utf8')));
  expect(packages).toContain('drizzle-orm');
  expect(packages.filter((name) => large.test(name))).toEqual([]);
  expect(imports.filter((one) => one.startsWith('drizzle-orm .'))).toEqual([]);
});

test('every `.js` file of Drizzle is a module, as the quick way to resolve them takes for granted', async () => {
  const drizzle = JSON.parse(await readFile(join(root, 'node_modules/drizzle-orm/package.json'), 'utf8'));
  expect(drizzle).toMatchObject({ type: 'module' });
});

test('`npx vidgenie` finds the command line without npm installing it anywhere, and runs it on the Node that it brings', async () => {
  const program = join(root, 'node_modules/.bin/vidgenie');
  expect(await realpath(program)).toBe(join(root, 'bin/vidgenie'));
  // An older Node comes first on the PATH, as on many machines. It could not even parse the program.
  const folder = await temporaryDirectory();
  await writeFile(join(folder, 'node'), '#!/bin/sh\necho "SyntaxError: an older Node" >&2; exit 1\n', { mode: 0o755 });
  const asked = spawnSync(program, ['--version'], {
    env: { PATH: `${folder}:/usr/bin:/bin` },
    cwd: folder,
    encoding: 'utf8',
  });
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  expect(asked).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
});
