import type { Context, Hono } from 'hono';
import { localeOf, textOf } from '../text.ts';
import { type Client, type ClientFile, readClient } from './client.ts';
import { problem, problemResponse } from './problem.ts';

/** The page loads nothing from other servers, runs no foreign script and cannot be framed. */
export const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
} as const;

/** The page's own addresses. All serve the same document, which then shows the view for its address. */
const addresses = ['/', '/runs/:id{[0-9a-f-]{36}}', '/gallery', '/cast', '/credits', '/admin'];

/** The style sheet for pages that are served separately. */
export const styleAddress = '/page/style.css';

const forEver = 'public, max-age=31536000, immutable';

/** Serves the page. The first request makes it from its sources. */
export function mountPage(app: Hono): void {
  let made: Promise<Client> | null = null;
  const client = () => {
    made ??= readClient();
    return made;
  };
  for (const address of addresses) {
    app.get(address, async (context) => {
      const { documents } = await client();
      const locale = localeOf(context.req.header('accept-language') ?? 'en');
      return send(context, documents[locale], {
        'cache-control': 'no-cache',
        vary: 'accept-language, accept-encoding',
      });
    });
  }
  app.get(styleAddress, async (context) =>
    send(context, (await client()).style, { 'cache-control': 'no-cache', vary: 'accept-encoding' }),
  );
  app.get('/page/*', async (context) => {
    const file = (await client()).files.get(context.req.path);
    if (!file) return new Response(null, { status: 404, headers: { ...pageHeaders, 'cache-control': 'no-store' } });
    return send(context, file, { 'cache-control': forEver, vary: 'accept-encoding' });
  });
  app.notFound(async (context) => {
    const locale = localeOf(context.req.header('accept-language') ?? 'en');
    const isRead = /\btext\/html\b/.test(context.req.header('accept') ?? '');
    if (!isRead) return problemResponse(problem('not_found', textOf(locale)));
    const { notFound } = await client();
    return send(context, notFound[locale], { 'cache-control': 'no-store' }, 404);
  });
}

function send(
  context: Context,
  file: ClientFile,
  more: Readonly<Record<string, string>>,
  status: 200 | 404 = 200,
): Response {
  const accepted = context.req.header('accept-encoding') ?? '';
  const encoding = (['br', 'gzip'] as const).find((one) => new RegExp(`\\b${one}\\b`).test(accepted));
  const headers = new Headers({ ...pageHeaders, ...more, 'content-type': file.type, etag: file.etag });
  if (status === 200 && context.req.header('if-none-match') === file.etag)
    return new Response(null, { status: 304, headers });
  if (encoding) headers.set('content-encoding', encoding);
  return new Response(file[encoding ?? 'identity'], { status, headers });
}
