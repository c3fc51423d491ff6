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

/*
 * The contract between the HTTP API, the page and programs: `contract/` has the schema of every request and answer. The OpenAPI document
 * at /api/openapi.json is made from these schemas, and the tests check every answer against it.
 *
 * The page is same-origin and needs no token: `fetch` sends the session's cookie. Locally there is no cookie, and none is needed.
 * A request that changes something is JSON with `content-type: application/json`. The browser's own Origin header is the CSRF
 * check. Every refusal is a `problem` (`application/problem+json`). Its `title` and `detail` are sentences for the member, in
 * `caller.locale`.
 *
 * | page                     | endpoint                                                                                                    |
 * | ------------------------ | ----------------------------------------------------------------------------------------------------------- |
 * | session                  | GET /api/session → session; 401: show how to sign in; DELETE /api/session signs out                         |
 * | composer                 | GET /api/options → options; GET /api/quote?workflow=…&… → quote                                             |
 * | picker of models         | GET /api/models?workflow=…&… → models                                                                       |
 * | start                    | POST /api/workflow/execute executeBody, header `Idempotency-Key` (one per press)                            |
 * | a run                    | GET /api/workflows/{id} → run                                                                               |
 * | every run, live          | GET /api/events (SSE): `event: run`, data a run; never ends                                                 |
 * | one run, for programs    | GET /api/workflow/events/{id} (SSE): data a status; the last one ends the stream                            |
 * | gallery                  | GET /api/workflows?search=&member=&kind=&state=&limit=&cursor= → runPage                                    |
 * | members, as a filter     | GET /api/members (admins; a member sees their own runs only, as in chat)                                    |
 * | buttons (`run.actions`)  | POST /api/workflow/cancel/{id}?maxCredits= · POST /api/workflows/{id}/again {prompt?} (Edit sends `prompt`) |
 * |                          | POST /api/workflows/{id}/extend {seconds?} · …/continue · DELETE /api/workflows/{id}                        |
 * | … on one of its images   | POST /api/workflows/{id}/animate {step?} · …/vary · …/better                                                |
 * | … with words             | POST /api/workflows/{id}/change {step?, prompt} · …/reanimate · …/remix · …/last-frame · …/ending           |
 * | versions of a picture    | GET /api/workflows/{id}/versions → versions                                                                 |
 * | cast                     | GET /api/cast → castList · POST /api/cast newCastEntry · DELETE /api/cast/{name}                            |
 * | credits                  | GET /api/credits · /api/credits/use?days=30 · /api/credits/transactions(.csv)                               |
 * | everything, as a file    | GET `run.downloadUrl`                                                                                       |
 * | grant (operators)        | POST /api/credits/grant grantBody, header `Idempotency-Key` (one per press)                                 |
 * | tokens (admins)          | GET and POST /api/tokens · DELETE /api/tokens/{id}                                                          |
 * | keys (admins)            | GET /api/keys · POST /api/user/api-keys/validate · PUT and DELETE /api/keys/{provider}                      |
 * | settings (admins)        | GET and PUT /api/settings                                                                                   |
 *
 * Media: `url`, `thumbnailUrl`, `previewUrl` and `downloadUrl` are addresses on this origin. They open without a session for at
 * least a day and stay the same for an hour. The page's Content-Security-Policy allows media from no other origin. A video's
 * `thumbnailUrl` and `previewUrl` show its poster.
 */

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
