import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { temporaryDirectory } from './temporary.ts';

/** Where `.ci/helm` puts it. */
const brought = 'node_modules/.cache/helm/helm';

/** The program Helm, or null if this machine has none. */
export const helm: string | null = existsSync(brought)
  ? brought
  : spawnSync('helm', ['version']).error === undefined
    ? 'helm'
    : null;

const manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
});
export type Manifest = z.infer<typeof manifest>;

/** Runs Helm on the chart with these values. `manifests` are what it rendered, as YAML 1.1 reads it, which Kubernetes speaks. */
export async function runHelm(program: string, words: readonly string[], values: unknown) {
  const folder = await temporaryDirectory();
  const file = join(folder, 'values.yaml');
  await writeFile(file, stringify(values));
  const environment = { PATH: process.env.PATH, HOME: folder };
  const { status, stdout, stderr } = spawnSync(program, [...words, '--values', file], {
    encoding: 'utf8',
    env: environment,
  });
  return { status, stdout, stderr };
}

export const manifestsOf = (rendered: string): Manifest[] =>
  parseAllDocuments(rendered, { version: '1.1' })
    .map((document) => document.toJS())
    .filter((content) => content !== null)
    .map((content) => manifest.parse(content));
