import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readWorkflows } from '../../../../../src/pipeline/providers/comfyui/workflows.ts';
import { temporaryDirectory } from '../../../../support/temporary.ts';

const save = { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'made-%year%' } };
const make = {
  class_type: 'Make',
  inputs: { text: '%prompt%', width: '%width%', height: '%height%', seed: '%seed%' },
};
const graph = { '1': make, '2': save };
const sizes = { wide: { hd: '1536x864' } };
const image = { kind: 'image', output: '2', sizes };
const video = {
  kind: 'video',
  output: '2',
  sizes: { wide: { '720p': '1280x720' } },
  seconds: [4],
  fps: 16,
};
const filmed = { ...graph, '1': { ...make, inputs: { ...make.inputs, image: '%image%' } } };

/** What becomes of one workflow with this content. */
async function problemsOf(files: Record<string, unknown>): Promise<string[]> {
  const folder = await temporaryDirectory();
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  const { workflows, problems } = readWorkflows({ workflows: folder });
  expect(workflows).toHaveLength(new Set(Object.keys(files).map((name) => name.split('.')[0])).size - problems.length);
  return problems.map(({ file, problem }) => `${file}: ${problem}`);
}

const of = (workflow: unknown, description: unknown) =>
  problemsOf({ 'a.json': workflow, 'a.vidgenie.json': description });

test('a workflow and a description that fit are a model by the name of their file', async () => {
  expect(await of(graph, image)).toEqual([]);
  expect(await of(filmed, video)).toEqual([]);
});

test('the samples are usable', () => {
  const { workflows, problems } = readWorkflows({ workflows: null });
  expect(problems).toEqual([]);
  expect(workflows.map(({ model }) => model)).toEqual(['qwen-image', 'wan2.2-i2v']);
});

test('a file that cannot be used is told with the reason, and the others are used', async () => {
  expect(
    await problemsOf({ 'a.json': graph, 'a.vidgenie.json': image, 'b.json': '{"1": ', 'b.vidgenie.json': image }),
  ).toEqual([expect.stringMatching(/^b\.json: it is no JSON: /)]);
  expect(readWorkflows({ workflows: '/no/such/folder' }).problems).toEqual([
    { file: '/no/such/folder', problem: expect.stringMatching(/cannot be read: ENOENT/) },
  ]);
});

test.each<[string, unknown, unknown, RegExp]>([
  ['an export for the page', { nodes: [], links: [] }, image, /a\.json: it is not in API format: export it with/],
  ['something else', [1, 2], image, /a\.json: .*expected record/],
  ['an unknown field', graph, { ...image, lenght: 3 }, /a\.vidgenie\.json: .*lenght/],
  ['an unknown kind', graph, { ...image, kind: 'sound' }, /a\.vidgenie\.json: /],
  ['a size that is none', graph, { ...image, sizes: { wide: { hd: 'large' } } }, /write a size as width x height/],
  ['a size that is too small', graph, { ...image, sizes: { wide: { hd: '10x864' } } }, /a side has 16 to 8192 pixels/],
  ['no size', graph, { ...image, sizes: {} }, /each shape needs a size/],
  [
    'shapes with different sizes',
    graph,
    { ...image, sizes: { ...sizes, tall: { standard: '720x1280' } } },
    /each shape needs a size for the same of these: standard, hd/,
  ],
  ['another output', graph, { ...image, output: '9' }, /has no node 9/],
  ['a broken link', { ...graph, '2': { ...save, inputs: { images: ['7', 0] } } }, image, /node 2 is linked to node 7/],
  [
    'an unknown placeholder',
    { ...graph, '3': { class_type: 'X', inputs: { a: { b: ['%size%'] } } } },
    image,
    /node 3 has %size%/,
  ],
  [
    'a placeholder of nothing',
    { ...graph, '3': { class_type: 'X', inputs: { a: '%constructor%' } } },
    image,
    /%constructor%/,
  ],
  [
    "ComfyUI's own words elsewhere",
    { ...graph, '3': { class_type: 'X', inputs: { a: '%year%' } } },
    image,
    /node 3 has %year%/,
  ],
  [
    'a picture that is not described',
    { ...graph, '3': { class_type: 'X', inputs: { a: '%image%' } } },
    image,
    /node 3 has %image%/,
  ],
  ['a described picture that is not there', graph, { ...image, references: 1 }, /no node has %image%/],
  ['no seed', { ...graph, '1': { ...make, inputs: { ...make.inputs, seed: 3 } } }, image, /no node has %seed%/],
  ['a video without a first frame', graph, video, /no node has %image%/],
  ['lengths that nothing follows', filmed, { ...video, seconds: [4, 5] }, /no node has %frames% or %seconds%/],
  ['a last frame that nothing shows', filmed, { ...video, lastFrame: true }, /no node has %lastImage%/],
  ['an output that needs a picture', filmed, { ...video, fromText: true }, /without a picture, nothing is left/],
  [
    'a size to render in for some shapes',
    filmed,
    { ...video, render: { tall: '720x1280' } },
    /render needs a size for wide/,
  ],
])('%s is refused', async (_name, workflow, description, problem) => {
  expect(await of(workflow, description)).toEqual([expect.stringMatching(problem)]);
});

test('a workflow without its description, and a name that cannot be a model, are told', async () => {
  expect(await problemsOf({ 'a.json': graph })).toEqual([expect.stringMatching(/^a\.vidgenie\.json: it is missing/)]);
  expect(await problemsOf({ 'a b.json': graph, 'a b.vidgenie.json': image })).toEqual([
    expect.stringMatching(/^a b\.json: a name has letters/),
  ]);
});
