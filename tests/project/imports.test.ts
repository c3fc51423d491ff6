import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

/** Every layer may import these: plain definitions and texts, the logs and metrics, and the one file that starts child processes. */
const shared = ['domain.ts', 'plainText.ts', 'childProcess.ts', 'observability'];
/** The other layers that a layer may import: itself and the layers below it. */
const below: Record<string, string[]> = {
  db: ['db'],
  pipeline: ['pipeline', 'db'],
  // The demo studio knows which words of a prompt it draws, and cards show that.
  bots: ['bots', 'pipeline', 'db', 'demo'],
};
/** The demo studio knows the provider's interface, the domain, and the location of ffmpeg. */
const knownToDemo = ['domain.ts', 'childProcess.ts', 'pipeline/providers/provider.ts', 'pipeline/media/ffmpeg.ts'];
/** Packages that belong to one layer: a platform's library to its platform, the database's library to `db`. */
const chatLibraries = /^(discord\.js|@discordjs\/|@slack\/|ink|react|commander|@clack\/)/;

const importsOf = (file: string) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');

test('imports go one way: bots → pipeline → db', () => {
  const wrong = files.flatMap((file) => {
    const layer = file.split('/')[0] ?? '';
    const allowed = [...(below[layer] ?? []), ...shared];
    if (!below[layer]) return [];
    return importsOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(root, resolve(root, file, '..', name)))
      .filter((target) => !allowed.includes(target.split('/')[0] ?? ''))
      .map((target) => `${file} imports ${target}`);
  });
  expect(files.length).toBeGreaterThan(20);
  expect(wrong).toEqual([]);
});

test('the demo studio imports the interface of providers and nothing else of the program', () => {
  const wrong = files
    .filter((file) => file.startsWith('demo/'))
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => relative(root, resolve(root, file, '..', name)))
        .filter((target) => !target.startsWith('demo/') && !knownToDemo.includes(target))
        .map((target) => `${file} imports ${target}`),
    );
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

test('every unit test lies where its subject lies in src', () => {
  const units = resolve(import.meta.dirname, '../unit');
  const astray = readdirSync(units, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !files.includes(name.replace(/\.test\.ts$/, '.ts')),
  );
  expect(astray).toEqual([]);
});
