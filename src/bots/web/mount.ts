import type { Hono } from 'hono';
import { localeOf, textOf } from '../text.ts';
import type { WebDeps } from './deps.ts';
import type { Endpoint } from './endpoint.ts';
import { mountEnter } from './enter.ts';
import { mountMedia } from './media.ts';
import { openApiDocument } from './openapi.ts';
import { mountPage } from './page.ts';
import { problem, problemResponse } from './problem.ts';
import { composerEndpoints } from './routes/composer.ts';
import { creditEndpoints } from './routes/credits.ts';
import { keyEndpoints } from './routes/keys.ts';
import { runEndpoints } from './routes/runs.ts';
import { sessionEndpoints } from './routes/session.ts';
import { workflowEndpoints } from './routes/workflow.ts';

/** Everything that the API can be asked, in the order in which people meet it. To add one: an endpoint in `routes/`. */
export const endpoints: readonly Endpoint[] = [
  ...workflowEndpoints,
  ...runEndpoints,
  ...composerEndpoints,
  ...creditEndpoints,
  ...keyEndpoints,
  ...sessionEndpoints,
];

/** Adds the page, the API and the media to the program's HTTP server. */
export async function mountWeb(app: Hono, deps: WebDeps): Promise<void> {
  for (const endpoint of endpoints) endpoint.mount(app, deps);
  const document = openApiDocument(endpoints);
  app.get('/api/openapi.json', (context) => context.json(document));
  app.all('/api/*', (context) => {
    const text = textOf(localeOf(context.req.header('accept-language') ?? 'en'));
    return problemResponse(problem('not_found', text));
  });
  mountMedia(app, deps);
  mountEnter(app, deps);
  mountPage(app);
}
