import { z } from 'zod';
import { problem } from './contract/problem.ts';
import type { Endpoint } from './endpoint.ts';
import { exampleOf } from './examples/all.ts';
import { exampleOfParameter } from './examples/example.ts';
import { refusalExamples } from './examples/refusals.ts';
import { problemBody } from './problem.ts';

type Json = Record<string, unknown>;

/** Endpoints that belong together. */
export type EndpointGroup = { name: string; description: string; endpoints: readonly Endpoint[] };

/** The statuses with which any endpoint may refuse. */
const common = [401, 403, 429, 500, 503];

/** Makes the OpenAPI 3.1 document of the API from the same schemas that its endpoints validate with. */
export function openApiDocument(groups: readonly EndpointGroup[]): Json {
  const schemas: Json = {};
  const schemaOf: SchemaOf = (schema, io) => {
    const made = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
    const { $schema: _, $defs, ...own } = object.parse(lifted(made));
    Object.assign(schemas, $defs);
    return own;
  };
  const paths: Record<string, Json> = {};
  for (const { name, endpoints } of groups) {
    for (const endpoint of endpoints) {
      const operation = { tags: [name], ...operationOf(endpoint, schemaOf) };
      paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operation };
    }
  }
  return {
    openapi: '3.1.1',
    info: { title: 'VidGenie', version: '1', description: 'Runs, credits and keys of a workspace.' },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { session: [] }],
    tags: groups.map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A token made with /vidgenie api' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-vidgenie' },
      },
    },
  };
}

const eventStream = 'text/event-stream';
const object = z.record(z.string(), z.unknown());

/** Moves each named schema into the components, once. */
function lifted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lifted);
  if (typeof value === 'string') return value.replace(/^#\/\$defs\//, '#/components/schemas/');
  const fields = object.safeParse(value);
  if (!fields.success) return value;
  return Object.fromEntries(Object.entries(fields.data).map(([name, one]) => [name, lifted(one)]));
}

type SchemaOf = (schema: z.core.$ZodType, io: 'input' | 'output') => Json;

function operationOf({ summary, access, given, answers, stream, refuses }: Endpoint, schemaOf: SchemaOf): Json {
  const parameters = (where: 'path' | 'query', schema: z.ZodObject) =>
    Object.entries(schema.shape).map(([name, one]) => {
      const { examples, ...described } = schemaOf(one, 'output');
      const [own] = z.array(z.unknown()).parse(examples ?? []);
      return {
        name,
        in: where,
        required: where === 'path',
        schema: described,
        // Several values stand in one parameter, with commas between them.
        ...(described.type === 'array' && { explode: false }),
        ...shown(own ?? exampleOfParameter[name]),
      };
    });
  const said = Object.entries(answers).map(([status, schema]) => [
    status,
    {
      description: summary,
      content: {
        [stream ?? 'application/json']: {
          schema: schemaOf(schema, 'output'),
          ...shown(stream === eventStream ? `data: ${JSON.stringify(exampleOf(schema))}\n\n` : exampleOf(schema)),
        },
      },
    },
  ]);
  const takes = [400, 413, 415].filter(() => !(given.body instanceof z.ZodUndefined));
  const refused = [...new Set([...common, ...takes, ...refuses, 400, 404])].map((status) => {
    const example = refusalExamples[status];
    return [
      String(status),
      {
        description: example?.title ?? 'Why it was not done',
        content: {
          'application/problem+json': {
            schema: schemaOf(problem, 'output'),
            ...shown(example && problemBody(example)),
          },
        },
      },
    ];
  });
  const body = given.body instanceof z.ZodUndefined ? null : schemaOf(given.body, 'input');
  return {
    summary,
    description: `For: ${access}`,
    parameters: [...parameters('path', given.params), ...parameters('query', given.query)],
    ...(body !== null && {
      requestBody: {
        required: !given.body.safeParse(undefined).success,
        content: { 'application/json': { schema: body, ...shown(exampleOf(given.body)) } },
      },
    }),
    responses: Object.fromEntries([...refused, ...said]),
  };
}

const shown = (example: unknown): { example?: unknown } => (example === undefined ? {} : { example });
