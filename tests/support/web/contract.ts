import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';

const operation = z.looseObject({
  responses: z.record(
    z.string(),
    z.looseObject({ content: z.record(z.string(), z.looseObject({ schema: z.unknown() })) }),
  ),
});
const openApi = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});

export type Contract = {
  /** The faults of an answer according to the document. None for a path that the document does not describe. */
  objections: (method: string, path: string, status: number, type: string, text: string) => string[];
};

const formats: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  date: /^\d{4}-\d\d-\d\d$/,
};

/** Checks answers against an OpenAPI 3.1 document. */
export function contractOf(document: unknown): Contract {
  const { paths, components } = openApi.parse(document);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  for (const [name, format] of Object.entries(formats)) ajv.addFormat(name, format);
  ajv.addSchema({ $id: 'document', components });
  const templates = Object.entries(paths).map(([path, operations]) => ({
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
    operations,
  }));
  return {
    objections: (method, path, status, type, text) => {
      const found = templates.find(({ pattern }) => pattern.test(path))?.operations[method.toLowerCase()];
      if (!found || status === 204) return [];
      const content = found.responses[String(status)]?.content;
      if (!content) return [`${method} ${path} may not answer ${status}: ${text.slice(0, 200)}`];
      const kind = type.split(';')[0] ?? '';
      const described = content[kind];
      if (!described) return [`${method} ${path} may not answer ${status} with ${kind}`];
      if (!/json$/.test(kind)) return [];
      const words = JSON.stringify(described.schema).replaceAll('"#/components/', '"document#/components/');
      const validate = ajv.compile(JSON.parse(words));
      if (validate(JSON.parse(text))) return [];
      return [`${method} ${path} ${status}: ${ajv.errorsText(validate.errors)} in ${text.slice(0, 500)}`];
    },
  };
}
