import { expect, test } from 'vitest';
import { aspects, runOptions } from '../../src/domain.ts';
import { tablePrices } from '../../src/pipeline/pricing.ts';
import { imageCapabilities, type Size, videoCapabilities } from '../../src/pipeline/providers/comfyui/description.ts';
import { fill, type Graph, linkedNode } from '../../src/pipeline/providers/comfyui/graph.ts';
import { readWorkflows } from '../../src/pipeline/providers/comfyui/workflows.ts';
import { noCapabilities } from '../../src/pipeline/providers/provider.ts';
import { planOf } from '../../src/pipeline/workflows/all.ts';
import { graphsIn, sampleFolder } from '../support/providers/comfyui.ts';
import { comfyNodes, errorsIn, modelsIn } from '../support/providers/comfyui-nodes.ts';
import { sampleOf } from '../support/providers/comfyui-samples.ts';

const values = {
  prompt: 'a fox',
  width: 1280,
  height: 720,
  renderWidth: 1280,
  renderHeight: 720,
  seed: 2 ** 48 - 1,
  seconds: 5,
  fps: 16,
  frames: 81,
  image: 'a.png',
  lastImage: 'b.png',
};
const stored = {
  models: modelsIn(graphsIn(sampleFolder)),
  uploads: new Map([
    ['a.png', Buffer.of()],
    ['b.png', Buffer.of()],
  ]),
};
const { workflows } = readWorkflows({ workflows: null });

test.each(workflows)(
  "every node, input and link of $model fits ComfyUI's own definitions",
  ({ graph, description }) => {
    expect(errorsIn(fill(graph, values), stored)).toEqual([]);
    expect(errorsIn(fill(graph, { ...values, lastImage: null }), stored)).toEqual([]);
    expect(comfyNodes[graph[description.output]?.class_type ?? '']?.isOutput).toBe(true);
  },
);

test.each(workflows)('every node of $model has a part in its output', ({ graph, description }) => {
  const used = new Set<string>();
  const visit = (id: string): void => {
    used.add(id);
    for (const value of Object.values(graph[id]?.inputs ?? {})) {
      const linked = linkedNode(value);
      if (linked !== null && !used.has(linked)) visit(linked);
    }
  };
  visit(description.output);
  expect(Object.keys(graph).filter((id) => !used.has(id))).toEqual([]);
});

test('a node, an input and a link that do not fit are found', () => {
  const { graph } = sampleOf('video');
  const problems = (over: Graph) => errorsIn(fill({ ...graph, ...over }, values), stored).map(({ message }) => message);
  expect(problems({ '99': { class_type: 'NoSuchNode', inputs: {} } })).toEqual(['node NoSuchNode does not exist']);
  expect(problems({ '16': { class_type: 'VAEDecode', inputs: { samples: ['15', 0] } } })).toEqual([
    'Required input is missing',
  ]);
  expect(problems({ '16': { class_type: 'VAEDecode', inputs: { samples: ['15', 0], vae: ['15', 0] } } })).toEqual([
    expect.stringMatching(/^Return type mismatch/),
  ]);
  expect(problems({ '16': { class_type: 'VAEDecode', inputs: { samples: ['15', 1], vae: ['8', 0] } } })).toEqual([
    expect.stringMatching(/^Return type mismatch/),
  ]);
});

const sizesOf = workflows.flatMap(({ model, description }) =>
  aspects.flatMap((aspect) => {
    const sizes: Record<string, Size | undefined> = description.sizes[aspect] ?? {};
    const listed = Object.values(sizes).flatMap((size) => size ?? []);
    return listed.map((size) => ({ model, kind: description.kind, ...size }));
  }),
);

test.each(sizesOf)('$model can be asked for $width x $height', ({ kind, width, height }) => {
  // The latent space of these models has one cell for 16 pixels, and H.264 wants even sides.
  const unit = kind === 'image' ? 16 : 2;
  expect([width % unit, height % unit]).toEqual([0, 0]);
});

test('the lengths of Wan are whole blocks of four frames and one', () => {
  const { seconds, fps, render } = sampleOf('video').description;
  expect(seconds.map((length) => (length * fps) % 4)).toEqual(seconds.map(() => 0));
  for (const size of Object.values(render ?? {}))
    expect([(size?.width ?? 1) % 16, (size?.height ?? 1) % 16]).toEqual([0, 0]);
});

test.each(['complete', 'story'] as const)('the samples can make a %s at its usual options', (workflow) => {
  const capabilities = {
    enhance: noCapabilities,
    image: imageCapabilities(sampleOf('image').description),
    video: videoCapabilities(sampleOf('video').description),
  };
  const options = runOptions.parse(workflow === 'story' ? { duration: 30 } : {});
  const modelOf = (kind: keyof typeof capabilities) => ({ capabilities: capabilities[kind], prices: tablePrices(100) });
  const plan = planOf(workflow, { options, modelOf, film: null, references: 0 });
  if (plan.outcome !== 'planned') throw new Error(JSON.stringify(plan));
  const seconds = plan.steps.flatMap((step) => (step.kind === 'video' ? [step.seconds ?? options.duration] : []));
  expect(seconds.reduce((sum, one) => sum + one, 0)).toBe(options.duration);
});
