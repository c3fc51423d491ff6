import { z } from 'zod';

/** The values that a field accepts, for the sentence that a caller reads after sending another value. */
export type Expected =
  | { kind: 'whole_number' | 'number'; min: number | null; max: number | null }
  | { kind: 'choices'; values: readonly string[] }
  | { kind: 'true_or_false' }
  | { kind: 'id' }
  | { kind: 'text'; maxLength: number | null }
  | { kind: 'list'; maxLength: number | null }
  | { kind: 'object' }
  | { kind: 'other' };

/** The parts of a JSON Schema that we describe. */
export type JsonSchema = z.infer<typeof jsonSchema>;
export const jsonSchema = z.looseObject({
  $ref: z.string().optional(),
  /** One type, or a list of allowed types. */
  type: z
    .union([z.string().transform((type) => [type]), z.array(z.string())])
    .default([])
    .readonly(),
  format: z.string().optional(),
  description: z.string().optional(),
  enum: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.number().optional(),
  maxItems: z.number().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  get items() {
    return jsonSchema.optional();
  },
  get anyOf() {
    return z.array(jsonSchema).optional();
  },
  get $defs() {
    return z.record(z.string(), jsonSchema).optional();
  },
});

/**
 * Returns the values that a path in a request accepts, from its schema. `given` tells whether they come in a body or in an
 * address.
 */
export function expectedAt(schema: z.core.$ZodType, path: readonly PropertyKey[], given: 'body' | 'address'): Expected {
  // An address holds strings, so we describe the values that they are converted to.
  const io = given === 'body' ? 'input' : 'output';
  const root = jsonSchema.parse(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
  const resolved = (node: JsonSchema): JsonSchema => {
    const named = root.$defs?.[node.$ref?.replace('#/$defs/', '') ?? ''];
    if (named) return named;
    return node.anyOf?.map(resolved).find(({ type }) => !type.includes('null')) ?? node;
  };
  const found = path.reduce<JsonSchema>((node, name) => {
    const next = typeof name === 'number' ? node.items : node.properties?.[String(name)];
    return next ? resolved(next) : nothing;
  }, resolved(root));
  return expectedOf(found);
}

const nothing: JsonSchema = { type: [] };

function expectedOf(node: JsonSchema): Expected {
  if (node.enum) return { kind: 'choices', values: node.enum.map(String) };
  switch (node.type.find((type) => type !== 'null')) {
    case 'integer':
      return { kind: 'whole_number', ...range(node) };
    case 'number':
      return { kind: 'number', ...range(node) };
    case 'boolean':
      return { kind: 'true_or_false' };
    case 'string':
      return node.format === 'uuid' ? { kind: 'id' } : { kind: 'text', maxLength: node.maxLength ?? null };
    case 'array':
      return { kind: 'list', maxLength: node.maxItems ?? null };
    case 'object':
      return { kind: 'object' };
    default:
      return { kind: 'other' };
  }
}

/** Returns the limits that the schema sets. It drops JavaScript's own limits, which every whole number has. */
function range({ minimum, maximum }: JsonSchema) {
  const chosen = (limit: number | undefined) =>
    limit === undefined || Math.abs(limit) >= Number.MAX_SAFE_INTEGER ? null : limit;
  return { min: chosen(minimum), max: chosen(maximum) };
}
