import type { Context, Hono } from 'hono';
import { setCookie } from 'hono/cookie';
import { z } from 'zod';
import { openSession } from '../../db/auth.ts';
import { incomingOf } from '../http.ts';
import { localeOf, textOf } from '../text.ts';
import { cookieName, isOwnPage, ownOrigin } from './authenticate.ts';
import { readBody } from './body.ts';
import type { WebDeps } from './deps.ts';
import { paceHeaders } from './limits.ts';
import { pageHeaders, styleAddress } from './page.ts';
import { problem, problemResponse } from './problem.ts';

const body = z.object({ link: z.string().regex(/^[0-9a-f]{64}$/) });

/** Serves the sign-in by a one-time link, `/enter#<secret>`. Opening it changes nothing; its button does. */
export function mountEnter(app: Hono, deps: WebDeps): void {
  app.get('/enter', (context) => {
    const locale = localeOf(context.req.header('accept-language') ?? 'en');
    return context.html(doorOf(locale), 200, { ...pageHeaders, 'cache-control': 'no-store' });
  });
  app.get('/enter.js', (context) =>
    context.body(script, 200, { ...pageHeaders, 'content-type': 'text/javascript; charset=utf-8' }),
  );
  app.post('/enter', (context) => enter(deps, context));
}

async function enter(deps: WebDeps, context: Context): Promise<Response> {
  const text = textOf(localeOf(context.req.header('accept-language') ?? 'en'));
  if (!isOwnPage(context, ownOrigin(deps, context))) return problemResponse(problem('foreign_origin', text));
  const read = await readBody(context, 1_024);
  if (read.outcome !== 'read') return problemResponse(problem(read.outcome, text));
  const given = body.safeParse(read.value);
  const opened = given.success ? await openSession(deps.services.db, given.data.link) : null;
  if (!opened) {
    const taken = await deps.take('failure', incomingOf(context).socket.remoteAddress ?? 'unknown');
    return taken.allowed
      ? problemResponse(problem('bad_link', text))
      : problemResponse(problem('too_fast', text, { headers: paceHeaders(taken) }));
  }
  const name = cookieName(deps);
  setCookie(context, name, opened.words, {
    path: '/',
    httpOnly: true,
    sameSite: 'Strict',
    maxAge: opened.seconds,
    secure: name.startsWith('__Host-'),
  });
  return context.json({ success: true, location: '/' }, 200, { 'cache-control': 'no-store' });
}

function doorOf(locale: 'en' | 'fr'): string {
  const { enter: words, problems } = textOf(locale).web;
  return `<!doctype html>
<html lang="${locale}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${words.title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${styleAddress}">
<script type="module" src="/enter.js"></script>
<main class="door">
<h1>${words.title}</h1>
<p id="ready">${words.intro}</p>
<p id="refused" role="alert" hidden>${problems.bad_link.title}. ${problems.bad_link.detail}</p>
<button id="open" type="button" class="button primary">${words.button}</button>
<noscript>${words.noScript}</noscript>
</main>
</html>
`;
}

const script = `const button = document.getElementById('open');
const refuse = () => {
  document.getElementById('ready').hidden = true;
  document.getElementById('refused').hidden = false;
  button.hidden = true;
};
const link = location.hash.slice(1);
history.replaceState(null, '', '/enter');
if (!link) refuse();
button.addEventListener('click', async () => {
  button.disabled = true;
  const answer = await fetch('/enter', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link }),
  }).catch(() => null);
  if (answer?.ok) location.replace((await answer.json()).location);
  else if (answer) refuse();
  else button.disabled = false;
});
`;
