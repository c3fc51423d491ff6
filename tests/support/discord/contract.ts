import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { z } from 'zod';

const path = fileURLToPath(new URL('../../../../shared/specs/discord-openapi.json', import.meta.url));

const operation = z.looseObject({
  requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({ schema: z.unknown() })) }).optional(),
});
const specification = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

export type Contract = (method: string, path: string, body: unknown) => string | null;

let loaded: Contract | null = null;

/** Checks a request against the vendor's own specification, if it is available. Null: no objection. */
export function loadContract(): Contract {
  loaded ??= existsSync(path) ? read() : () => null;
  return loaded;
}

function read(): Contract {
  const spec = specification.parse(JSON.parse(readFileSync(path, 'utf8')));
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true, inlineRefs: false });
  ajv.addSchema(spec, 'spec');
  const known = new Map<string, ValidateFunction | null>();
  const templates = Object.keys(spec.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`),
  }));

  const validatorOf = (method: string, template: string): ValidateFunction | null => {
    const name = `${method} ${template}`;
    const before = known.get(name);
    if (before !== undefined) return before;
    const found = operation.safeParse(spec.paths[template]?.[method]);
    const hasBody = found.success && found.data.requestBody?.content['application/json'] !== undefined;
    const pointer = `/paths/${template.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}/requestBody/content/application~1json/schema`;
    const validate = hasBody ? ajv.compile({ $ref: `spec#${encodeURI(pointer)}` }) : null;
    known.set(name, validate);
    return validate;
  };

  return (method, asked, body) => {
    // A literal path such as @me or @original comes before one with a parameter.
    const match = templates
      .filter(({ pattern }) => pattern.test(asked))
      .sort((a, b) => a.template.split('{').length - b.template.split('{').length)[0];
    const verb = method.toLowerCase();
    if (!match || spec.paths[match.template]?.[verb] === undefined)
      return `${method} ${asked} is not in the specification`;
    const validate = validatorOf(verb, match.template);
    if (!validate || body === null || validate(body)) return null;
    const errors = (validate.errors ?? []).slice(-4).map((error) => `${error.instancePath} ${error.message}`);
    return `${method} ${match.template}: ${errors.join('; ')}`;
  };
}
