import type { Hono } from 'hono';
import { localeOf, textOf } from '../text.ts';
import type { WebDeps } from './deps.ts';
import { mountDocs } from './docs.ts';
import type { Endpoint } from './endpoint.ts';
import { mountHooks } from './hooks.ts';
import { mountMedia } from './media.ts';
import { refuseOtherMethods } from './methods.ts';
import { type EndpointGroup, openApiDocument } from './openapi.ts';
import { mountPage } from './page.ts';
import { problem, problemResponse } from './problem.ts';
import { actionEndpoints } from './routes/actions.ts';
import { castEndpoints } from './routes/cast.ts';
import { composerEndpoints } from './routes/composer.ts';
import { creditEndpoints } from './routes/credits.ts';
import { keyEndpoints } from './routes/keys.ts';
import { mediaEndpoints } from './routes/media.ts';
import { modelEndpoints } from './routes/models.ts';
import { runEndpoints } from './routes/runs.ts';
import { sessionEndpoints } from './routes/session.ts';
import { tokenEndpoints } from './routes/tokens.ts';
import { workflowEndpoints } from './routes/workflow.ts';
import { mountEnter } from './signIn.ts';

/** Every endpoint of the API, in the order of the documentation. To add one, declare it in `routes/`. */
const groups: readonly EndpointGroup[] = [
  { name: 'Workflow', description: 'Start a run, follow it, cancel it.', endpoints: workflowEndpoints },
  {
    name: 'Runs',
    description: 'What was made, and what can be made of it.',
    endpoints: [...runEndpoints, ...actionEndpoints, ...mediaEndpoints],
  },
  {
    name: 'Choices',
    description: 'What can be asked for, and what it costs.',
    endpoints: [...composerEndpoints, ...modelEndpoints],
  },
  { name: 'Cast', description: 'The same face in every picture.', endpoints: castEndpoints },
  { name: 'Credits', description: 'What there is, what it went on, and the ledger.', endpoints: creditEndpoints },
  { name: 'Keys', description: "The workspace's own keys, for its admins.", endpoints: keyEndpoints },
  { name: 'Tokens', description: 'What opens this API for programs, for admins.', endpoints: tokenEndpoints },
  { name: 'Session', description: 'Who asks.', endpoints: sessionEndpoints },
];

export const endpoints: readonly Endpoint[] = groups.flatMap((group) => group.endpoints);

/** Adds the page, the API and the media to the program's HTTP server. */
export async function mountWeb(app: Hono, deps: WebDeps): Promise<void> {
  const before = app.routes.length;
  for (const endpoint of endpoints) endpoint.mount(app, deps);
  const document = openApiDocument(groups);
  app.get('/api/openapi.json', (context) => context.json(document));
  mountDocs(app, document);
  mountMedia(app, deps);
  mountHooks(app, deps);
  mountEnter(app, deps);
  refuseOtherMethods(app, app.routes.slice(before));
  app.all('/api/*', (context) => {
    const text = textOf(localeOf(context.req.header('accept-language') ?? 'en'));
    return problemResponse(problem('not_found', text));
  });
  mountPage(app);
}
