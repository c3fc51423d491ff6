import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { temporaryDirectory } from './temporary.ts';

export const chart = 'ops/helm';

/** Where `.ci/helm` puts it. */
const brought = 'node_modules/.cache/helm/helm';

/** The program Helm, or null if this machine has none. */
const helm: string | null = existsSync(brought)
  ? brought
  : spawnSync('helm', ['version']).error === undefined
    ? 'helm'
    : null;

/** Skips the test where there is no Helm. */
export function needHelm(context: TestContext): string {
  if (helm === null) return context.skip('there is no helm on this machine: .ci/helm brings it');
  return helm;
}

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

const manifestsOf = (rendered: string): Manifest[] =>
  parseAllDocuments(rendered, { version: '1.1' })
    .map((document) => document.toJS())
    .filter((content) => content !== null)
    .map((content) => manifest.parse(content));

/** The chart with these values, as Helm would install it in the namespace `films`. */
export async function rendered(program: string, values: unknown): Promise<Manifest[]> {
  const ran = await runHelm(
    program,
    ['template', 'art', chart, '--namespace', 'films', '--kube-version', '1.34.0'],
    values,
  );
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return manifestsOf(ran.stdout);
}

export const named = (manifests: readonly Manifest[], kind: string, name: string): unknown =>
  manifests.find((one) => one.kind === kind && one.metadata.name === name);
