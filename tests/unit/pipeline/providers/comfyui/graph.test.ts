import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fill, type Graph } from '../../../../../src/pipeline/providers/comfyui/graph.ts';

const graph: Graph = {
  '1': { class_type: 'LoadImage', inputs: { image: '%image%' } },
  '2': { class_type: 'ImageScale', inputs: { image: ['1', 0], width: '%width%' } },
  '3': { class_type: 'Encode', inputs: { clip: ['4', 0], text: 'a film: %prompt%', image: ['2', 0] } },
  '4': { class_type: 'Loader', inputs: { name: 'of 50% and %year%' } },
  '5': {
    class_type: 'Save',
    inputs: { images: ['3', 0], filename_prefix: '%seed%-%width%', more: { deep: ['%fps%'] } },
  },
};
const values = { prompt: 'a fox', image: 'a.png', width: 640, seed: 7, fps: 16 };

test('a value that is only a placeholder becomes a number, and one within a text becomes text', () => {
  const filled = fill(graph, values);
  expect(filled['2']?.inputs).toEqual({ image: ['1', 0], width: 640 });
  expect(filled['3']?.inputs.text).toBe('a film: a fox');
  expect(filled['5']?.inputs).toEqual({ images: ['3', 0], filename_prefix: '7-640', more: { deep: [16] } });
  expect(filled['4']?.inputs.name).toBe('of 50% and %year%');
});

test('a workflow without a picture lacks the nodes that only show it, and other nodes lack their links to them', () => {
  const filled = fill(graph, { ...values, image: null });
  expect(Object.keys(filled)).toEqual(['3', '4', '5']);
  expect(filled['3']?.inputs).toEqual({ clip: ['4', 0], text: 'a film: a fox' });
});

const hostile = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '%image%',
    '%seed%',
    '%%prompt%%',
    '$&',
    "$'",
    '","inputs":{"x":["1",0]}',
    '["1", 0]',
    '%constructor%',
  ),
);

test('whatever a prompt says, it stays the text of its input, and nothing else of the workflow changes', () => {
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 4 }), (parts) => {
      const prompt = parts.join('');
      const filled = fill(graph, { ...values, prompt });
      expect(filled['3']?.inputs.text).toBe(`a film: ${prompt}`);
      const others = (one: Graph) => ({ ...one, '3': null });
      expect(others(filled)).toEqual(others(fill(graph, values)));
      expect(JSON.parse(JSON.stringify(filled))).toEqual(filled);
    }),
  );
});
