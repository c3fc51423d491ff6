import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What ComfyUI's own node definitions say about the nodes that the tests use. The file names its source. */
const input = z.strictObject({
  type: z.string().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  options: z.array(z.string()).optional(),
  /** The folder of models whose files are the options. */
  models: z.string().optional(),
  /** The options are pictures that were uploaded. */
  upload: z.literal(true).optional(),
  optional: z.literal(true).optional(),
});
const table = z.object({
  nodes: z.record(
    z.string(),
    z.strictObject({
      inputs: z.record(z.string(), input),
      outputs: z.array(z.string()),
      isOutput: z.literal(true).optional(),
    }),
  ),
});
type Input = z.infer<typeof input>;

export const comfyNodes = table.parse(
  JSON.parse(readFileSync(new URL('comfyui-nodes.json', import.meta.url), 'utf8')),
).nodes;

export const graphOf = z.record(
  z.string(),
  z.strictObject({ class_type: z.string(), inputs: z.record(z.string(), z.unknown()) }),
);
export type ComfyGraph = z.infer<typeof graphOf>;

export type Stored = { models: ReadonlyMap<string, ReadonlySet<string>>; uploads: ReadonlyMap<string, Buffer> };
export type NodeError = { node: string; message: string; details: string };

const link = z.tuple([z.string(), z.int().min(0)]);

/** The errors for which ComfyUI refuses a workflow. It forgives unknown inputs and text for numbers, and this does not. */
export function errorsIn(graph: ComfyGraph, stored: Stored): NodeError[] {
  return Object.entries(graph).flatMap(([node, { class_type, inputs }]) => {
    const known = comfyNodes[class_type];
    if (!known) return [{ node, message: `node ${class_type} does not exist`, details: '' }];
    const missing = Object.entries(known.inputs).filter(([name, { optional }]) => !optional && !(name in inputs));
    const given = Object.entries(inputs).flatMap(([name, value]) => {
      const definition = known.inputs[name];
      const problem = definition ? problemWith(value, definition, graph, stored) : 'unknown input';
      return problem === null ? [] : [{ node, message: problem, details: `${name}: '${String(value)}'` }];
    });
    return [...missing.map(([name]) => ({ node, message: 'Required input is missing', details: name })), ...given];
  });
}

function problemWith(value: unknown, definition: Input, graph: ComfyGraph, stored: Stored): string | null {
  const { type, min = -Infinity, max = Infinity, options, models, upload } = definition;
  if (Array.isArray(value)) {
    const linked = link.safeParse(value);
    if (!linked.success) return 'Bad linked input';
    const [from, slot] = linked.data;
    const made = comfyNodes[graph[from]?.class_type ?? '']?.outputs[slot];
    return made === type
      ? null
      : `Return type mismatch between linked nodes, received_type(${made}) input_type(${type})`;
  }
  if (upload) return stored.uploads.has(String(value)) ? null : 'Invalid image file';
  const allowed = models === undefined ? options : [...(stored.models.get(models) ?? [])];
  if (allowed) return allowed.includes(String(value)) ? null : 'Value not in list';
  switch (type) {
    case 'STRING':
      return typeof value === 'string' ? null : 'Failed to convert an input value to a STRING value';
    case 'INT':
    case 'FLOAT':
      if (typeof value !== 'number') return `Failed to convert an input value to a ${type} value`;
      if (type === 'INT' && !Number.isInteger(value)) return 'not whole';
      return value < min ? 'Value smaller than min' : value > max ? 'Value bigger than max' : null;
    default:
      return `it needs a link to ${type}`;
  }
}

/** The files of models that workflows name, by folder. */
export function modelsIn(graphs: readonly ComfyGraph[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { class_type, inputs } of graphs.flatMap((graph) => Object.values(graph))) {
    for (const [name, { models }] of Object.entries(comfyNodes[class_type]?.inputs ?? {})) {
      if (models !== undefined) found.set(models, (found.get(models) ?? new Set()).add(String(inputs[name])));
    }
  }
  return found;
}

/** A definition as `/object_info` tells it. Newer nodes write their options in another form. */
export function objectInfo(name: string, stored: Stored, isNewForm: boolean): unknown {
  const known = comfyNodes[name];
  if (!known) return {};
  const told = ({ type, options, models, upload }: Input) => {
    const allowed = upload
      ? [...stored.uploads.keys()]
      : models === undefined
        ? options
        : [...(stored.models.get(models) ?? [])];
    if (!allowed) return [type, {}];
    return isNewForm ? ['COMBO', { options: allowed }] : [allowed, {}];
  };
  const inputs = Object.entries(known.inputs);
  const ofKind = (isOptional: boolean) =>
    Object.fromEntries(
      inputs.filter(([, { optional }]) => (optional ?? false) === isOptional).map(([id, one]) => [id, told(one)]),
    );
  return {
    [name]: { input: { required: ofKind(false), optional: ofKind(true) }, output: known.outputs, name },
  };
}
