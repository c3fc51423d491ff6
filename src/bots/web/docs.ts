import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { html } from 'hono/html';
import { z } from 'zod';
import { type JsonSchema, jsonSchema } from './expected.ts';
import { pageHeaders } from './page.ts';

const media = z.record(z.string(), z.object({ schema: jsonSchema, example: z.unknown().optional() }));
const operation = z.object({
  tags: z.array(z.string()),
  summary: z.string(),
  description: z.string(),
  parameters: z.array(
    z.object({
      name: z.string(),
      in: z.string(),
      required: z.boolean(),
      schema: jsonSchema,
      example: z.unknown().optional(),
    }),
  ),
  requestBody: z.object({ content: media }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: media })),
});
type Operation = z.infer<typeof operation>;

/** The parts of an OpenAPI document that this page shows. */
const document = z.object({
  info: z.object({ title: z.string(), description: z.string() }),
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), jsonSchema) }),
});

type Named = { method: string; path: string; id: string; it: Operation };
type Html = ReturnType<typeof html>;

const style = join(import.meta.dirname, 'docs.css');

/** Serves `/api/docs`: the OpenAPI document for people to read. The page loads nothing from other servers and runs no script. */
export function mountDocs(app: Hono, openApi: unknown): void {
  let made: string | null = null;
  app.get('/api/docs', (context) => {
    made ??= String(pageOf(document.parse(openApi)));
    return context.html(made, 200, { ...pageHeaders, 'cache-control': 'no-cache' });
  });
  app.get('/api/docs.css', async (context) =>
    context.body(await readFile(style, 'utf8'), 200, {
      ...pageHeaders,
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'no-cache',
    }),
  );
}

function pageOf({ info, tags, paths, components }: z.infer<typeof document>): Html {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, it]): Named => {
      const id = `${method}-${path.replace(/[^a-z]+/gi, '-').replace(/^-|-$/g, '')}`;
      return { method, path, id, it };
    }),
  );
  const groups = tags.map((tag) => ({ ...tag, operations: operations.filter(({ it }) => it.tags.includes(tag.name)) }));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title} API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs.css">
</head>
<body>
<header>
<h1>${info.title} API</h1>
<p>${info.description} The same as a document for programs: <a href="/api/openapi.json">/api/openapi.json</a>.</p>
</header>
<main>
${howTo()}
<nav aria-label="Everything that can be asked">
${groups.map(({ name, operations }) => html`<h2>${name}</h2><ul>${operations.map(entryOf)}</ul>`)}
</nav>
${groups.map(
  ({ name, description, operations }) =>
    html`<section><h2>${name}</h2><p>${description}</p>${operations.map(articleOf)}</section>`,
)}
<section>
<h2>Shapes</h2>
<p>What is sent and answered, by name.</p>
${Object.entries(components.schemas).map(
  ([name, schema]) =>
    html`<article id="shape-${name}"><h3>${name}</h3><p>${schema.description ?? ''}</p>${fieldsOf(schema)}</article>`,
)}
</section>
</main>
</body>
</html>`;
}

const firstRequest = `curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -H "Idempotency-Key: 1" \\
  $HOST/api/workflow/execute -d '{"config":{"initialPrompt":"a fox in the snow"}}'
curl -N -H "Authorization: Bearer $TOKEN" $HOST/api/workflow/events/$ID`;

const howTo = () => html`<section>
<h2>How to ask</h2>
<p>Send a token as <code>Authorization: Bearer …</code>. An admin makes one in chat with <code>/vidgenie api --create member</code>, whoever
hosts VidGenie with <code>npx vidgenie tokens create</code>. A member's token sees its own runs, an admin's everybody's; only an operator's
may take credits.</p>
<pre tabindex="0">${firstRequest}</pre>
<p>Send JSON. With an <code>Idempotency-Key</code>, the same request means the same run, however often it is sent. A stream of events goes on
where it broke off when it is asked with the <code>Last-Event-ID</code> that came last.</p>
<p>What is refused is a problem (RFC 9457) with a <code>reason</code> for programs, a <code>title</code> and a <code>detail</code> for people,
in the language of <code>Accept-Language</code>. Too much at once is answered 429, with <code>Retry-After</code>. Links to media open by
themselves for a day.</p>
</section>`;

const methodOf = (method: string) => html`<span class="method ${method}">${method}</span>`;

const entryOf = ({ method, path, id }: Named) =>
  html`<li><a href="#${id}">${methodOf(method)}<code>${path}</code></a></li>`;

function articleOf({ method, path, id, it }: Named): Html {
  const { summary, description, parameters, requestBody, responses } = it;
  const isAnswer = ([status]: [string, unknown]) => status.startsWith('2');
  const [answers, refusals] = [
    Object.entries(responses).filter(isAnswer),
    Object.entries(responses).filter((one) => !isAnswer(one)),
  ];
  return html`<article id="${id}">
<h3>${methodOf(method)}<code>${path}</code></h3>
<p>${summary}</p>
<p class="who">${description}</p>
${parameters.length === 0 ? '' : html`<h4>Parameters</h4><dl>${parameters.map(parameterOf)}</dl>`}
<div class="pair">
${requestBody ? html`<div><h4>Send</h4>${contentOf(requestBody.content)}</div>` : ''}
${answers.map(([status, { content }]) => html`<div><h4>Answer ${status}</h4>${contentOf(content)}</div>`)}
</div>
<details><summary>Refusals: ${refusals.map(([status]) => status).join(', ')}</summary>
<dl>${refusals.map(([status, { content }]) => html`<dt><code>${status}</code></dt><dd>${contentOf(content)}</dd>`)}</dl>
</details>
</article>`;
}

const parameterOf = ({ name, required, schema, example }: Operation['parameters'][number]) =>
  html`<dt><code>${name}</code> ${typeOf(schema)} ${required ? must : ''}</dt>
<dd><p>${schema.description ?? ''}</p>${example === undefined ? '' : html`<p>Such as <code>${String(example)}</code></p>`}</dd>`;

const must = html`<span class="must">needed</span>`;

const contentOf = (content: z.infer<typeof media>) =>
  Object.entries(content).map(
    ([kind, { schema, example }]) =>
      html`<p class="who"><code>${kind}</code> ${typeOf(schema)}</p>
${example === undefined ? '' : html`<pre tabindex="0">${typeof example === 'string' ? example : JSON.stringify(example, null, 2)}</pre>`}`,
  );

/** Lists the fields of a schema. Nested fields get their whole path. */
function fieldsOf(schema: JsonSchema, before = ''): Html | string {
  const { properties, required = [] } = schema;
  if (!properties) return html`<p>${typeOf(schema)}</p>`;
  const fields = Object.entries(properties).map(([name, one]) => {
    const path = before + name;
    const { shape, of } = within(one);
    const inner = shape ? fieldsOf(shape, `${path}${of}.`) : '';
    return html`<dt><code>${path}</code> ${typeOf(one)} ${required.includes(name) ? '' : optional}</dt>
<dd><p>${one.description ?? ''}</p>${inner}</dd>`;
  });
  return html`<dl>${fields}</dl>`;
}

/** Returns the unnamed schema that a field holds: itself, as a list's item, or as one of several alternatives. */
function within(field: JsonSchema): { shape: JsonSchema | undefined; of: '' | '[]' } {
  if (field.items) return { shape: within(field.items).shape, of: '[]' };
  return { shape: field.properties ? field : field.anyOf?.find(({ properties }) => properties), of: '' };
}

const optional = html`<span class="who">may be left out</span>`;

/** Names a value's type in a word or two. A named schema gets its name. */
function typeOf(schema: JsonSchema): Html | string {
  const { $ref, type, format, anyOf, items, minimum, maximum, maxLength } = schema;
  const name = $ref?.split('/').at(-1);
  if (name !== undefined) return html`<a href="#shape-${name}">${name}</a>`;
  if (anyOf) return html`${anyOf.map((one, at) => html`${at > 0 ? ' or ' : ''}${typeOf(one)}`)}`;
  if (schema.enum) return html`<code>${schema.enum.map((one) => JSON.stringify(one)).join(' | ')}</code>`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (items) return html`list of ${typeOf(items)}`;
  const limits = [minimum, maximum].filter((limit) => limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER);
  const words = type.join(' or ');
  if (limits.length === 2) return `${words} from ${minimum} to ${maximum}`;
  if (maxLength !== undefined) return `${words}, up to ${maxLength} characters`;
  return format === undefined ? words : `${words} (${format})`;
}
