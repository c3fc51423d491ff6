import { z } from 'zod';

const node = z.object({ class_type: z.string().min(1), inputs: z.record(z.string(), z.json()) });

/** A workflow in ComfyUI's API format: its nodes by their ids. A link is the id of a node and the number of its output. */
export const graphShape = z.record(z.string().min(1), node);
export type Graph = z.infer<typeof graphShape>;
type Node = z.infer<typeof node>;
export type NodeValue = Node['inputs'][string];

/** The values of a workflow's placeholders by their names. Null: there is no such picture, so the nodes that show it are left out. */
export type Values = Readonly<Record<string, string | number | null>>;

const placeholder = /%([A-Za-z][A-Za-z0-9_]*)%/g;
const wholePlaceholder = /^%([A-Za-z][A-Za-z0-9_]*)%$/;

/** The node that an input is linked to. Null if it is not a link. */
export const linkedNode = (value: NodeValue): string | null =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'number'
    ? value[0]
    : null;

/** The placeholders in a value, with repetitions. */
export function placeholdersIn(value: NodeValue): string[] {
  if (typeof value === 'string') return [...value.matchAll(placeholder)].map(([, name = '']) => name);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(placeholdersIn);
}

/**
 * A copy of a workflow with its placeholders filled in. It looks at each string once, so a value that looks like a placeholder stays
 * as it is. A string remains a string, so a value can become neither a link nor another node.
 */
export function fill(graph: Graph, values: Values): Graph {
  const kept = Object.entries(withoutMissing(graph, values));
  return Object.fromEntries(
    kept.map(([id, { class_type, inputs }]) => [id, { class_type, inputs: mapped(inputs, values) }]),
  );
}

const mapped = (inputs: Readonly<Record<string, NodeValue>>, values: Values) =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, filled(value, values)]));

function filled(value: NodeValue, values: Values): NodeValue {
  if (typeof value === 'string') {
    const name = value.match(wholePlaceholder)?.[1];
    // A number takes the place of the whole string: many inputs do not take a number as text.
    if (name !== undefined) return values[name] ?? value;
    return value.replace(placeholder, (text, found: string) => String(values[found] ?? text));
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, values));
  if (typeof value !== 'object' || value === null) return value;
  return mapped(value, values);
}

/**
 * A workflow without the nodes that show a missing picture, and without every node whose links all lead to nodes that are left out.
 * Other nodes lose their links to them.
 */
export function withoutMissing(graph: Graph, values: Values): Graph {
  const isMissing = (name: string) => values[name] === null;
  const nodes = Object.entries(graph);
  const gone = new Set(nodes.filter(([, { inputs }]) => placeholdersIn(inputs).some(isMissing)).map(([id]) => id));
  const isGone = (value: NodeValue): boolean => gone.has(linkedNode(value) ?? '');
  for (let before = -1; before !== gone.size; ) {
    before = gone.size;
    for (const [id, { inputs }] of nodes) {
      const links = Object.values(inputs).filter((value) => linkedNode(value) !== null);
      if (links.length > 0 && links.every(isGone)) gone.add(id);
    }
  }
  const kept = nodes.filter(([id]) => !gone.has(id));
  return Object.fromEntries(
    kept.map(([id, { class_type, inputs }]) => {
      const linked = Object.entries(inputs).filter(([, value]) => !isGone(value));
      return [id, { class_type, inputs: Object.fromEntries(linked) }];
    }),
  );
}
