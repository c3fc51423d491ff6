import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

/** What a layer may import: itself and what lies below it. Child processes are started by one file for all of them. */
const below: Record<string, string[]> = {
  db: ['db', 'childProcess.ts'],
  pipeline: ['pipeline', 'db', 'childProcess.ts'],
  bots: ['bots', 'pipeline', 'db'],
};
/** Packages that belong to one layer: a platform's library to its face, the database's to `db`. */
const chatLibraries = /^(discord\.js|@discordjs\/|@slack\/|ink|react|commander|@clack\/)/;

const importsOf = (file: string) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');

test('imports go one way: bots → pipeline → db', () => {
  const wrong = files.flatMap((file) => {
    const layer = file.split('/')[0] ?? '';
    const allowed = below[layer];
    if (!allowed) return [];
    return importsOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(root, resolve(root, file, '..', name)))
      .filter((target) => !allowed.includes(target.split('/')[0] ?? ''))
      .map((target) => `${file} imports ${target}`);
  });
  expect(files.length).toBeGreaterThan(20);
  expect(wrong).toEqual([]);
});

test('neither the pipeline nor the database knows a chat library', () => {
  const wrong = files
    .filter((file) => file.startsWith('pipeline/') || file.startsWith('db/'))
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => chatLibraries.test(name))
        .map((name) => `${file}: ${name}`),
    );
  expect(wrong).toEqual([]);
});
